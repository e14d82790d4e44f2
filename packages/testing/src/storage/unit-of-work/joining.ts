import { expect } from "vitest";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function joining({ test }: StorageSuite): void {
  test("joins an outer unit: one handle, one commit, one rollback", async (world) => {
    const first = newContact(world);
    const second = newContact(world);
    await expect(
      world.units.run(async (outer) => {
        await world.contacts.insert(first);
        await world.units.run(async (inner) => {
          expect(inner.id).toBe(outer.id);
          expect(await world.contacts.get(first.id)).toBeDefined();
          await world.contacts.insert(second);
        });
        expect(await world.contacts.get(second.id)).toBeDefined();
        throw new Error("after the inner unit ended");
      }),
    ).rejects.toThrow("after the inner unit ended");
    expect(await world.contacts.getMany([first.id, second.id])).toEqual([]);
  });

  test("joins from concurrent branches of the work", async (world) => {
    const contacts = Array.from({ length: 8 }, () => newContact(world));
    await world.units.run(async () => {
      await Promise.all(contacts.map((contact) => world.units.run(() => world.contacts.insert(contact))));
    });
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toHaveLength(8);
  });

  test("lets the outer unit's rollback take concurrent branches with it", async (world) => {
    const contacts = Array.from({ length: 4 }, () => newContact(world));
    const run = world.units.run(async () => {
      await Promise.all(contacts.map((contact) => world.units.run(() => world.contacts.insert(contact))));
      throw new Error("no");
    });
    await expect(run).rejects.toThrow("no");
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toEqual([]);
  });
}
