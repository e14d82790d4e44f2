import { type TestClock, createTestClock } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { PermitQueue } from "./permit-queue.ts";

/** What the database does, with answers that take their time. */
function slowBudget(clock: TestClock, latencies: readonly number[]) {
  let granted: number[] = [];
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    async ask(wanted: number, permits: number, windowMs: number) {
      const latency = latencies[asked++ % latencies.length] as number;
      granted = granted.filter((at) => at > clock.now() - windowMs);
      const now = Math.min(wanted, permits - granted.length);
      granted.push(...Array.from({ length: now }, () => clock.now()));
      const waitMs = now === wanted ? 0 : (granted[0] as number) + windowMs - clock.now();
      await clock.sleep(latency);
      return { granted: now, waitMs };
    },
  };
}

test("uses no more permits in any window than there are, however long the answers take", async () => {
  const clock = createTestClock();
  const budget = slowBudget(clock, [1, 40, 0, 90, 3, 200, 0, 0, 15]);
  const queue = new PermitQueue({ clock, ask: budget.ask });
  const used: number[] = [];
  const limit = { permits: 7, perMs: 1_000 };
  const all = Array.from({ length: 100 }, () => queue.take(limit, undefined).then(() => used.push(clock.now())));
  while (used.length < 100) await clock.advance(50);
  await Promise.all(all);
  for (let index = 7; index < used.length; index += 1)
    expect((used[index] as number) - (used[index - 7] as number)).toBeGreaterThanOrEqual(1_000);
  expect((used.at(-1) as number) - (used[0] as number)).toBeLessThan(20_000);
  expect(budget.asked).toBeLessThan(40);
});

test("gives a permit to the next when its owner leaves while it is on its way", async () => {
  const clock = createTestClock();
  const queue = new PermitQueue({ clock, ask: slowBudget(clock, [100]).ask });
  const controller = new AbortController();
  const left = queue.take({ permits: 1, perMs: 60_000 }, controller.signal);
  const stayed = queue.take({ permits: 1, perMs: 60_000 }, undefined);
  await clock.advance(50);
  const [outcome] = await Promise.allSettled([left, controller.abort(new Error("changed my mind"))]);
  expect(outcome).toMatchObject({ status: "rejected", reason: { message: "changed my mind" } });
  await clock.advance(50);
  await stayed;
});

test("hands on the failure of a question to those it was asked for, and goes on", async () => {
  const clock = createTestClock();
  let fails = true;
  const queue = new PermitQueue({
    clock,
    async ask(wanted) {
      if (fails) throw new Error("no database");
      return { granted: wanted, waitMs: 0 };
    },
  });
  await expect(queue.take({ permits: 1, perMs: 1_000 }, undefined)).rejects.toThrow("no database");
  fails = false;
  await queue.take({ permits: 1, perMs: 1_000 }, undefined);
});
