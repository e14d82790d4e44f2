import { describe, expect, test } from "vitest";
import { places, servicesOn, sharedServices } from "./places.ts";

const HOUR_MS = 3_600_000;

for (const [name, create] of Object.entries(places)) {
  describe(`Rate budgets on ${name}`, () => {
    const shared = sharedServices(create);

    test("are for work outside of units of work", async () => {
      const { rateBudget, unitOfWork } = shared();
      await expect(
        unitOfWork.run(() => rateBudget.take("testing.inside", { permits: 1, perMs: 1_000 })),
      ).rejects.toMatchObject({ code: "CRM_RATE_BUDGET_IN_UNIT" });
    });

    test("allow something", async () => {
      const { rateBudget } = shared();
      for (const limit of [
        { permits: 0, perMs: 1_000 },
        { permits: 1, perMs: 0 },
      ])
        await expect(rateBudget.take("testing.nothing", limit)).rejects.toMatchObject({
          code: "CRM_RATE_BUDGET_LIMIT",
        });
    });

    test("never grant more than a limit that was lowered", async () => {
      const { rateBudget, database } = shared();
      for (let n = 0; n < 5; n += 1) await rateBudget.take("testing.lowered", { permits: 10, perMs: HOUR_MS });
      const { rows } = await database.query<{ granted: number; wait_ms: number }>(
        "select granted, wait_ms from take_permits('testing.lowered', 1, 3, $1::bigint)",
        [HOUR_MS],
      );
      expect(rows[0]?.granted).toBe(0);
      expect(rows[0]?.wait_ms).toBeGreaterThan(HOUR_MS - 60_000);
    });

    test("are asked once for all who come together", async () => {
      const { rateBudget, database } = shared();
      await Promise.all(
        Array.from({ length: 20 }, () => rateBudget.take("testing.together", { permits: 20, perMs: HOUR_MS })),
      );
      const { rows } = await database.query(
        "select count(*) as permits, count(distinct g) as moments from rate_budgets, unnest(grants) g where name = 'testing.together'",
      );
      expect(rows).toEqual([{ permits: 20, moments: 1 }]);
    });

    test("turn away those who wait when the storage stops", async () => {
      const services = await servicesOn(await create());
      await services.rateBudget.block("testing.stopped", services.clock.now() + HOUR_MS);
      const waiting = services.rateBudget.take("testing.stopped", { permits: 1, perMs: 1_000 });
      const [outcome] = await Promise.allSettled([waiting, services.stop()]);
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "CRM_RATE_BUDGET_STOPPED", retryable: true },
      });
      await expect(services.rateBudget.take("testing.stopped", { permits: 1, perMs: 1_000 })).rejects.toMatchObject({
        code: "CRM_RATE_BUDGET_STOPPED",
      });
    });
  });
}
