import type { Contact } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function versions({ test }: StorageSuite): void {
  const conflict = { code: "CRM_STORAGE_VERSION_CONFLICT", status: 409 };

  test("refuses to update or remove from a stale version", async (world) => {
    const first = await world.contacts.insert(newContact(world));
    const second = await world.contacts.update({ ...first, name: "second" });
    await expect(world.contacts.update({ ...first, name: "lost" })).rejects.toMatchObject(conflict);
    await expect(world.contacts.remove(first)).rejects.toMatchObject(conflict);
    expect(await world.contacts.get(first.id)).toEqual(second);
  });

  test("refuses to update or remove what does not exist", async (world) => {
    const stored = await world.contacts.insert(newContact(world));
    const ghost: Contact = { ...stored, id: world.ids.next() };
    await expect(world.contacts.update(ghost)).rejects.toMatchObject(conflict);
    await expect(world.contacts.remove(ghost)).rejects.toMatchObject(conflict);
  });

  test("lets one of many concurrent updates of a version win", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => world.contacts.update({ ...contact, name: `writer ${index}` })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(conflict);
    expect(await world.contacts.get(contact.id)).toMatchObject({ version: 2 });
  });

  test("keeps when a record was created and says when it was last changed", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const updated = await world.contacts.update({ ...contact, createdAt: "2001-01-01T00:00:00.000Z", name: "renamed" });
    expect(updated.createdAt).toBe(contact.createdAt);
    expect(updated.updatedAt >= contact.updatedAt).toBe(true);
  });
}
