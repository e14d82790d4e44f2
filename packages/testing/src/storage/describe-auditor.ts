import { runInContext } from "@crmessenger/kernel";
import { expect } from "vitest";
import type { StorageHarness } from "./storage-harness.ts";
import { describeOn } from "./storage-world.ts";

/** What every Auditor promises. */
export function describeAuditor(harness: StorageHarness): void {
  describeOn(harness, "Auditor", ({ test }) => {
    test("refuses to track outside a unit of work", async (world) => {
      const entry = { action: "sales.lead.assign", target: { type: "lead", id: world.ids.next() } };
      await expect(world.audit.track([entry])).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
    });

    test("keeps who did what, when and what changed", async (world) => {
      const target = { type: "lead", id: world.ids.next() };
      const changes = { ownerId: { from: null, to: "u1" }, attributes: { from: { a: [1] }, to: { ключ: "значение" } } };
      const actor = { kind: "user" as const, id: world.ids.next() };
      const correlationId = world.ids.next();
      await runInContext({ actor, correlationId }, () =>
        world.units.run(() => world.audit.track([{ action: "sales.lead.assign", target, changes }])),
      );
      expect(await world.audit.history(target)).toEqual([
        {
          id: expect.any(String),
          tenantId: world.tenantId,
          actor,
          correlationId,
          action: "sales.lead.assign",
          target,
          changes,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
      ]);
    });

    test("answers newest first, of one target, up to the limit", async (world) => {
      const target = { type: "lead", id: world.ids.next() };
      await world.units.run(() => world.audit.track(["one", "two"].map((action) => ({ action, target }))));
      await world.units.run(() =>
        world.audit.track([
          { action: "three", target },
          { action: "other", target: { type: "contact", id: target.id } },
        ]),
      );
      expect((await world.audit.history(target)).map(({ action }) => action)).toEqual(["three", "two", "one"]);
      expect((await world.audit.history(target, 2)).map(({ action }) => action)).toEqual(["three", "two"]);
      expect(await world.audit.history({ type: "lead", id: world.ids.next() })).toEqual([]);
    });

    test("is part of the unit of work and of its tenant", async (world) => {
      const target = { type: "lead", id: world.ids.next() };
      const undone = world.units.run(async () => {
        await world.audit.track([{ action: "never", target }]);
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      await world.units.run(() => world.audit.track([{ action: "kept", target }]));
      expect((await world.audit.history(target)).map(({ action }) => action)).toEqual(["kept"]);
      await world.inTenant(world.unique("tenant"), async () => expect(await world.audit.history(target)).toEqual([]));
    });
  });
}
