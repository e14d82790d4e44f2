import { expect, test } from "vitest";
import { uuidV7 } from "./ids.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDv7 of the time they were made at", () => {
  const id = uuidV7(() => 0x0123456789ab).next();
  expect(id).toMatch(UUID_V7);
  expect(id.slice(0, 13)).toBe("01234567-89ab");
});

test("each is new and sorts after the ones before, within a millisecond, over its counter's end and when the clock goes back", () => {
  const times = [1_000, 1_000, 999, 1_001, 5, 1_002];
  let at = 0;
  let calls = 0;
  const ids = uuidV7(() => {
    calls += 1;
    if (calls % 5_000 === 0) at = Math.min(at + 1, times.length - 1);
    return times[at] ?? 0;
  });
  const made = Array.from({ length: 30_000 }, () => ids.next());
  expect(new Set(made).size).toBe(made.length);
  expect(made).toEqual(made.toSorted());
  expect(made.every((id) => UUID_V7.test(id))).toBe(true);
});

test("two processes make different ids at the same time", () => {
  const [one, other] = [uuidV7(() => 1), uuidV7(() => 1)];
  expect(
    new Set([...Array.from({ length: 1_000 }, () => one.next()), ...Array.from({ length: 1_000 }, () => other.next())])
      .size,
  ).toBe(2_000);
});
