import { isCrmError } from "@crmessenger/kernel";
import { expect } from "vitest";
import { createGate } from "../../time/gate.ts";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function concurrency({ test }: StorageSuite): void {
  test("keeps concurrent units apart", async (world) => {
    const contacts = Array.from({ length: 20 }, (_, index) => newContact(world, { name: `Contact ${index}` }));
    const results = await Promise.allSettled(
      contacts.map((contact, index) =>
        world.units.run(async () => {
          await world.contacts.insert(contact);
          if (index % 4 === 3) throw new Error("every fourth fails");
        }),
      ),
    );
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toHaveLength(15);
  });

  test("serialises those that lock the same record", async (world) => {
    const { id } = await world.contacts.insert(newContact(world, { attributes: { count: 0 } }));
    const increment = () =>
      world.units.run(async () => {
        const contact = await world.contacts.get(id, { lock: true });
        if (!contact) throw new Error("gone");
        await world.contacts.update({ ...contact, attributes: { count: Number(contact.attributes["count"]) + 1 } });
      });
    await Promise.all(Array.from({ length: 12 }, increment));
    expect(await world.contacts.get(id)).toMatchObject({ version: 13, attributes: { count: 12 } });
  });

  test("ends a deadlock with a retryable CRM_UOW_CONFLICT, if it lets one arise", async (world) => {
    const a = await world.contacts.insert(newContact(world, { attributes: { by: [] } }));
    const b = await world.contacts.insert(newContact(world, { attributes: { by: [] } }));
    const met = [createGate(), createGate()] as const;
    const touch = async (id: string, by: number) => {
      const contact = await world.contacts.get(id, { lock: true });
      if (contact)
        await world.contacts.update({
          ...contact,
          attributes: { by: [...(contact.attributes["by"] as number[]), by] },
        });
    };
    const crosswise = (own: 0 | 1, order: readonly [string, string]) =>
      retried(() =>
        world.units.run(async () => {
          await touch(order[0], own);
          met[own].open();
          // A storage that lets one unit in at a time never opens the other gate: then there is no deadlock either.
          await Promise.race([met[own === 0 ? 1 : 0].opened, world.clock.sleep(100)]);
          await touch(order[1], own);
        }),
      );
    await Promise.all([crosswise(0, [a.id, b.id]), crosswise(1, [b.id, a.id])]);
    for (const { id } of [a, b]) {
      const { attributes = {} } = (await world.contacts.get(id)) ?? {};
      expect((attributes["by"] as number[]).toSorted()).toEqual([0, 1]);
    }
  });
}

async function retried(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCrmError(error, "CRM_UOW_CONFLICT")) throw error;
    expect(error.retryable).toBe(true);
    await retried(work);
  }
}
