import { everything, where } from "@crmessenger/kernel/infrastructure";
import type { Lead } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { newContact, newLead, storeLead } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function reading({ test }: StorageSuite): void {
  test("answers undefined for an unknown id, and leaves unknown ids out of many", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    expect(await world.contacts.get(world.ids.next())).toBeUndefined();
    expect(await world.contacts.get("not an id at all")).toBeUndefined();
    expect(await world.contacts.getMany([])).toEqual([]);
    expect(await world.contacts.getMany([world.ids.next(), contact.id, "not an id at all", contact.id])).toEqual([
      contact,
    ]);
  });

  test("finds, counts and gets many without what was removed; only get still sees it", async (world) => {
    const [kept, gone] = [
      await world.contacts.insert(newContact(world)),
      await world.contacts.insert(newContact(world)),
    ];
    await world.contacts.remove(gone);
    expect((await world.contacts.find(everything)).items).toEqual([kept]);
    expect(await world.contacts.count(everything)).toBe(1);
    expect(await world.contacts.getMany([kept.id, gone.id])).toEqual([kept]);
    expect(await world.contacts.get(gone.id)).toMatchObject({ id: gone.id, deletedAt: expect.any(String) });
  });

  test("hands out copies: changing one changes nothing that is stored", async (world) => {
    const attributes = { tags: ["one"] };
    const contact = await world.contacts.insert(newContact(world, { attributes }));
    attributes.tags.push("smuggled in");
    const read = await world.contacts.get(contact.id);
    Reflect.set(read as object, "name", "smuggled in");
    Reflect.set((read?.attributes["tags"] ?? []) as object, "0", "smuggled in");
    expect(await world.contacts.get(contact.id)).toMatchObject({ name: contact.name, attributes: { tags: ["one"] } });
  });

  test("counts what matches", async (world) => {
    const lead = await storeLead(world);
    for (const status of ["new", "in-progress", "in-progress"])
      await world.leads.insert(newLead(world, lead.contactId, { status }));
    expect(await world.leads.count(where<Lead>("status").eq("in-progress"))).toBe(2);
    expect(await world.leads.count(where<Lead>("status").eq("converted"))).toBe(0);
  });
}
