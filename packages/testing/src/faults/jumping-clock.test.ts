import { expect, test } from "vitest";
import { createJumpingClock } from "./jumping-clock.ts";

const HOUR_MS = 3_600_000;

test("jumps either way and back, and lets what waits go on waiting for as long as it still had to", async () => {
  const clock = createJumpingClock();
  const started = performance.now();
  const slept = clock.sleep(30);
  const rang = new Promise<void>((resolve) => void clock.schedule(30, resolve));
  clock.jump(-2 * HOUR_MS);
  expect(clock.now()).toBeLessThan(Date.now() - HOUR_MS);
  clock.jump(4 * HOUR_MS);
  expect(clock.now()).toBeGreaterThan(Date.now() + HOUR_MS);
  await Promise.all([slept, rang]);
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  clock.reset();
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(HOUR_MS);
});
