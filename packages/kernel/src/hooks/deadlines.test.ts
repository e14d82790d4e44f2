import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Deadline, Deadlines, SWEEP_MS } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

function deadline(expired: string[], name: string): Deadline {
  return { expiresAt: 0, previous: undefined, next: undefined, expire: () => void expired.push(name) };
}

test("what is not deleted in time expires, once, at most two sweeps late and never early", () => {
  const [deadlines, expired] = [new Deadlines(), [] as string[]];
  deadlines.add(deadline(expired, "short"), 1);
  deadlines.add(deadline(expired, "long"), 10 * SWEEP_MS);
  const deleted = deadline(expired, "deleted");
  deadlines.add(deleted, 1);
  deadlines.delete(deleted);
  deadlines.delete(deleted);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  expect(expired).toEqual(["short"]);
  vi.advanceTimersByTime(7 * SWEEP_MS);
  expect(expired).toEqual(["short"]);
  vi.advanceTimersByTime(5 * SWEEP_MS);
  expect(expired).toEqual(["short", "long"]);
});

test("one that is added between two sweeps gets its whole time", () => {
  const [deadlines, expired] = [new Deadlines(), [] as string[]];
  deadlines.add(deadline([], "keeps the timer running"), 100 * SWEEP_MS);
  vi.advanceTimersByTime(SWEEP_MS - 1);
  deadlines.add(deadline(expired, "late comer"), 2 * SWEEP_MS);
  vi.advanceTimersByTime(2 * SWEEP_MS - 1);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  expect(expired).toEqual(["late comer"]);
});

test("the timer rests when nothing runs, and wakes again", () => {
  const [deadlines, expired] = [new Deadlines(), [] as string[]];
  const quick = deadline(expired, "quick");
  deadlines.add(quick, 5_000);
  deadlines.delete(quick);
  vi.advanceTimersByTime(SWEEP_MS);
  expect(vi.getTimerCount()).toBe(0);
  deadlines.add(deadline(expired, "again"), 1);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  expect(expired).toEqual(["again"]);
});

test("many can expire in one sweep, and be deleted from any place", () => {
  const [deadlines, expired] = [new Deadlines(), [] as string[]];
  const all = Array.from({ length: 6 }, (_, index) => deadline(expired, `${index}`));
  for (const one of all) deadlines.add(one, 1);
  for (const index of [0, 3, 5]) deadlines.delete(all[index] as Deadline);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  expect(expired.toSorted()).toEqual(["1", "2", "4"]);
});
