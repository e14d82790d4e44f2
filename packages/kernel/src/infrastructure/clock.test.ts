import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";

test("sleeps, and wakes early for a signal, with its reason", async () => {
  await systemClock.sleep(1);
  const reason = new Error("enough");
  const controller = new AbortController();
  const sleep = systemClock.sleep(3_600_000, controller.signal).catch((error: unknown) => error);
  controller.abort(reason);
  expect(await sleep).toBe(reason);
  await expect(systemClock.sleep(1, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("calls later, unless that is cancelled", async () => {
  const seen: string[] = [];
  systemClock.schedule(1, () => seen.push("cancelled"))();
  await new Promise<void>((resolve) => systemClock.schedule(2, resolve));
  expect(seen).toEqual([]);
});
