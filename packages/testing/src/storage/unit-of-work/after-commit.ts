import { executionContext } from "@crmessenger/kernel";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function afterCommit({ test }: StorageSuite): void {
  test("runs what was left for after the commit once, in order, when everybody can see the commit", async (world) => {
    const contact = newContact(world);
    const seen: string[] = [];
    await world.units.run(async (unit) => {
      unit.afterCommit(async () => {
        expect(executionContext().unitOfWork).toBeUndefined();
        seen.push((await world.contacts.get(contact.id)) ? "visible" : "not yet");
      });
      unit.afterCommit(() => void seen.push("second"));
      await world.units.run(async (inner) => {
        inner.afterCommit(() => void seen.push("third"));
      });
      await world.contacts.insert(contact);
      expect(seen).toEqual([]);
    });
    await eventually(() => expect(seen).toEqual(["visible", "second", "third"]));
  });

  test("runs none of it after a rollback", async (world) => {
    const seen: string[] = [];
    await expect(
      world.units.run(async (unit) => {
        unit.afterCommit(() => void seen.push("never"));
        await world.contacts.insert(newContact(world));
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await world.units.run(async (unit) => unit.afterCommit(() => void seen.push("later")));
    await eventually(() => expect(seen).toEqual(["later"]));
  });

  test("lets no failure after the commit harm the caller or the rest", async (world) => {
    const contact = newContact(world);
    const seen: string[] = [];
    await world.units.run(async (unit) => {
      unit.afterCommit(() => Promise.reject(new Error("an effect failed")));
      unit.afterCommit(() => {
        throw new Error("another one failed");
      });
      unit.afterCommit(() => void seen.push("reached"));
      await world.contacts.insert(contact);
    });
    await eventually(() => expect(seen).toEqual(["reached"]));
    expect(await world.contacts.get(contact.id)).toBeDefined();
  });
}
