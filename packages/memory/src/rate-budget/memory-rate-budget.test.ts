import { createTestClock } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { MemoryRateBudget } from "./memory-rate-budget.ts";

test("gives permits at the very times that the window allows", async () => {
  const clock = createTestClock();
  const budget = new MemoryRateBudget(clock);
  const begun = clock.now();
  const times: number[] = [];
  const take = () => budget.take("amocrm", { permits: 2, perMs: 1_000 }).then(() => times.push(clock.now() - begun));
  const first = [take(), take()];
  await clock.advance(400);
  const later = [take(), take(), take()];
  await clock.advance(10_000);
  await Promise.all([...first, ...later]);
  expect(times).toEqual([0, 0, 1_000, 1_000, 2_000]);
});

test("waits for the end of a block", async () => {
  const clock = createTestClock();
  const budget = new MemoryRateBudget(clock);
  await budget.block("amocrm", clock.now() + 60_000);
  let granted = false;
  const taken = budget.take("amocrm", { permits: 2, perMs: 1_000 }).then(() => (granted = true));
  await clock.advance(59_999);
  expect(granted).toBe(false);
  await clock.advance(1);
  await taken;
});
