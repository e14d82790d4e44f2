import { everything, where } from "@crmessenger/kernel/infrastructure";
import type { Contact } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { newContact, newUser } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function isolation({ test }: StorageSuite): void {
  test("shows, counts and changes nothing of another tenant", async (world) => {
    const mine = await world.contacts.insert(newContact(world));
    await world.inTenant(world.unique("tenant"), async () => {
      expect(await world.contacts.get(mine.id)).toBeUndefined();
      expect(await world.contacts.getMany([mine.id])).toEqual([]);
      expect((await world.contacts.find(where<Contact>("id").eq(mine.id))).items).toEqual([]);
      expect(await world.contacts.count(everything)).toBe(0);
      await expect(world.contacts.update({ ...mine, name: "taken over" })).rejects.toMatchObject({
        code: "CRM_STORAGE_VERSION_CONFLICT",
      });
      await expect(world.contacts.remove(mine)).rejects.toMatchObject({ code: "CRM_STORAGE_VERSION_CONFLICT" });
    });
    expect(await world.contacts.get(mine.id)).toEqual(mine);
  });

  test("lets two tenants have the same unique keys", async (world) => {
    const first = await world.users.insert(newUser(world, { email: "owner@example.com" }));
    const second = await world.inTenant(world.unique("tenant"), () =>
      world.users.insert(newUser(world, { email: "owner@example.com" })),
    );
    expect(second.tenantId).not.toBe(first.tenantId);
  });
}
