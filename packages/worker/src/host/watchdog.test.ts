import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watchdog() {
  const seen: string[] = [];
  const dog = new Watchdog({ ping: () => seen.push("ping"), hangs: () => seen.push("hangs") }, 400);
  return { dog, seen };
}

test("ends what answers nothing for the whole time", () => {
  const { dog, seen } = watchdog();
  dog.watch(true);
  vi.advanceTimersByTime(10_000);
  expect(seen).toEqual(["ping", "ping", "ping", "ping", "hangs"]);
});

test("leaves alone what answers now and then, and looks no more once there is no work", () => {
  const { dog, seen } = watchdog();
  dog.watch(true);
  for (let round = 0; round < 5; round += 1) {
    vi.advanceTimersByTime(300);
    dog.pong();
  }
  dog.watch(false);
  vi.advanceTimersByTime(100);
  dog.pong();
  const looked = seen.length;
  vi.advanceTimersByTime(10_000);
  expect(seen).not.toContain("hangs");
  expect(seen).toHaveLength(looked);
});

test("goes on watching what was stuck when its work was given up", () => {
  const { dog, seen } = watchdog();
  dog.watch(true);
  vi.advanceTimersByTime(100);
  dog.watch(false);
  vi.advanceTimersByTime(1_000);
  expect(seen.at(-1)).toBe("hangs");
});
