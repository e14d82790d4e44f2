import { runInContext } from "@crmessenger/kernel";
import { expect } from "vitest";
import { newContact, storeLead } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { describeOn } from "./storage-world.ts";

/** What every Timeline promises. */
export function describeTimeline(harness: StorageHarness): void {
  describeOn(harness, "Timeline", ({ test }) => {
    test("refuses to add outside a unit of work", async (world) => {
      const { id } = await world.contacts.insert(newContact(world));
      await expect(
        world.timeline.add([{ contactId: id, leadId: null, kind: "testing.note", data: {} }]),
      ).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
    });

    test("keeps what happened, by whom and when", async (world) => {
      const { id } = await world.contacts.insert(newContact(world));
      const actor = { kind: "plugin" as const, id: "telegram" };
      const data = { preview: "«Здравствуйте» 👋", list: [1, null] };
      await runInContext({ actor }, () =>
        world.units.run(() => world.timeline.add([{ contactId: id, leadId: null, kind: "testing.note", data }])),
      );
      const { items } = await world.timeline.of({ contactId: id });
      expect(items).toEqual([
        {
          id: expect.any(String),
          contactId: id,
          leadId: null,
          kind: "testing.note",
          actor,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          data,
        },
      ]);
    });

    test("shows a contact's and a lead's activities newest first, in pages", async (world) => {
      const lead = await storeLead(world);
      const add = (n: number, leadId: string | null) =>
        world.units.run(() =>
          world.timeline.add([{ contactId: lead.contactId, leadId, kind: "testing.note", data: { n } }]),
        );
      for (const n of [1, 2, 3, 4, 5]) await add(n, n % 2 === 1 ? lead.id : null);
      const first = await world.timeline.of({ contactId: lead.contactId }, { limit: 3 });
      const second = await world.timeline.of({ contactId: lead.contactId }, { limit: 3, after: first.next as string });
      expect([...first.items, ...second.items].map(({ data }) => data["n"])).toEqual([5, 4, 3, 2, 1]);
      expect(second).not.toHaveProperty("next");
      expect((await world.timeline.of({ leadId: lead.id })).items.map(({ data }) => data["n"])).toEqual([5, 3, 1]);
    });

    test("is part of the unit of work and of its tenant", async (world) => {
      const { id } = await world.contacts.insert(newContact(world));
      const undone = world.units.run(async () => {
        await world.timeline.add([{ contactId: id, leadId: null, kind: "testing.never", data: {} }]);
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      await world.units.run(() =>
        world.timeline.add([{ contactId: id, leadId: null, kind: "testing.kept", data: {} }]),
      );
      expect((await world.timeline.of({ contactId: id })).items.map(({ kind }) => kind)).toEqual(["testing.kept"]);
      await world.inTenant(world.unique("tenant"), async () =>
        expect((await world.timeline.of({ contactId: id })).items).toEqual([]),
      );
    });
  });
}
