import { expect } from "vitest";
import { eventually } from "../time/eventually.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { describeOn } from "./storage-world.ts";

/** Two clocks may differ by this when one process measures what another one grants. Milliseconds. */
const TOLERANCE_MS = 20;

const HOUR_MS = 3_600_000;

/** What every RateBudget promises. It measures lower bounds only: being slow is no fault, being early is. */
export function describeRateBudget(harness: StorageHarness): void {
  describeOn(harness, "RateBudget", ({ test }) => {
    test("gives no more permits in a window than there are", async (world) => {
      const name = world.unique("testing.budget");
      const started = world.clock.now();
      const granted: number[] = [];
      await Promise.all(
        Array.from({ length: 7 }, async () => {
          await world.budget.take(name, { permits: 3, perMs: 300 });
          granted.push(world.clock.now() - started);
        }),
      );
      expect(granted.toSorted((a, b) => a - b)[3]).toBeGreaterThanOrEqual(300 - TOLERANCE_MS);
      expect(Math.max(...granted)).toBeGreaterThanOrEqual(600 - TOLERANCE_MS);
    });

    test("serves callers in order", async (world) => {
      const name = world.unique("testing.budget");
      const served: number[] = [];
      const take = (n: number) => world.budget.take(name, { permits: 2, perMs: 60 }).then(() => served.push(n));
      await Promise.all([0, 1, 2, 3, 4, 5].map(take));
      expect(served).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test("keeps budgets apart", async (world) => {
      const [one, other] = [world.unique("testing.budget"), world.unique("testing.budget")];
      const limit = { permits: 1, perMs: 3_600_000 };
      await world.budget.take(one, limit);
      await world.budget.take(other, limit);
    });

    test("gives the place of one who left to the next", async (world) => {
      const name = world.unique("testing.budget");
      const limit = { permits: 1, perMs: 200 };
      await world.budget.take(name, limit);
      const controller = new AbortController();
      const left = world.budget.take(name, limit, controller.signal);
      const stayed = world.budget.take(name, limit);
      const reason = new Error("no longer needed");
      controller.abort(reason);
      await expect(left).rejects.toBe(reason);
      await expect(world.budget.take(name, limit, AbortSignal.abort(reason))).rejects.toBe(reason);
      await stayed;
    });

    test("gives nobody a permit while it is blocked; a shorter block does not lift a longer one", async (world) => {
      const name = world.unique("testing.budget");
      const until = world.clock.now() + 300;
      await world.budget.block(name, until);
      await world.budget.block(name, until - 250);
      await world.budget.take(name, { permits: 10, perMs: 1_000 });
      expect(world.clock.now()).toBeGreaterThanOrEqual(until - TOLERANCE_MS);
    });

    test("holds back those who wait already when a block comes", async (world) => {
      const name = world.unique("testing.budget");
      const limit = { permits: 1, perMs: 100 };
      await world.budget.take(name, limit);
      const waiting = world.budget.take(name, limit);
      const until = world.clock.now() + 350;
      await world.budget.block(name, until);
      await waiting;
      expect(world.clock.now()).toBeGreaterThanOrEqual(until - TOLERANCE_MS);
    });

    test("keeps its pace however the time of day is set", async (world) => {
      const name = world.unique("testing.budget");
      const started = performance.now();
      const granted: number[] = [];
      const take = async () => {
        await world.budget.take(name, { permits: 2, perMs: 200 });
        granted.push(performance.now() - started);
      };
      await take();
      await take();
      world.jump(HOUR_MS);
      const third = take();
      await eventually(() => expect(granted).toHaveLength(3));
      world.jump(-2 * HOUR_MS);
      const rest = [take(), take()];
      await eventually(() => expect(granted).toHaveLength(5));
      await Promise.all([third, ...rest]);
      expect(granted[2]).toBeGreaterThanOrEqual(200 - TOLERANCE_MS);
      expect(granted[4]).toBeGreaterThanOrEqual(400 - TOLERANCE_MS);
    });

    test("ends a block in time though the time of day is set back", async (world) => {
      const name = world.unique("testing.budget");
      const started = performance.now();
      await world.budget.block(name, world.clock.now() + 150);
      world.jump(-HOUR_MS);
      let passed = 0;
      const taken = world.budget
        .take(name, { permits: 1, perMs: 1_000 })
        .then(() => (passed = performance.now() - started));
      await eventually(() => expect(passed).toBeGreaterThan(0));
      await taken;
      expect(passed).toBeGreaterThanOrEqual(150 - TOLERANCE_MS);
    });
  });
}
