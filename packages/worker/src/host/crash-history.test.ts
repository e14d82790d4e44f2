import { expect, test } from "vitest";
import { CrashHistory } from "./crash-history.ts";

const policy = { minDelayMs: 100, maxDelayMs: 1_000, maxCrashes: 7, windowMs: 60_000, stableMs: 10_000 };

test("waits twice as long after each crash, up to a limit, and half of it by chance", () => {
  const [calm, hasty] = [new CrashHistory(policy), new CrashHistory(policy)];
  expect([1, 2, 3, 4, 5, 6].map((now) => calm.crashed(now, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect([1, 2, 3, 4, 5, 6].map((now) => hasty.crashed(now, 0))).toEqual([50, 100, 200, 400, 500, 500]);
});

test("gives up after too many within the window", () => {
  const history = new CrashHistory({ ...policy, maxCrashes: 3 });
  expect(history.crashed(0, 1)).toBe(100);
  expect(history.crashed(1, 1)).toBe(200);
  expect(history.crashed(60_000, 1)).toBe(200);
  expect(history.crashed(60_001, 1)).toBe(200);
  expect(history.crashed(60_002, 1)).toBeUndefined();
});

test("forgets once it was up for a while", () => {
  const history = new CrashHistory({ ...policy, maxCrashes: 2 });
  history.crashed(0, 1);
  history.up(10);
  expect(history.crashed(10_010, 1)).toBe(100);
  history.up(10_020);
  expect(history.crashed(20_019, 1)).toBeUndefined();
});
