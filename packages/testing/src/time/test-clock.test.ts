import { describe, expect, test } from "vitest";
import { TEST_EPOCH, createTestClock } from "./test-clock.ts";

describe("createTestClock", () => {
  test("stands still until it is moved", async () => {
    const clock = createTestClock();
    expect(clock.now()).toBe(TEST_EPOCH);
    await clock.advance(1_500);
    expect(clock.now()).toBe(TEST_EPOCH + 1_500);
    expect(createTestClock(7).now()).toBe(7);
  });

  test("runs what falls due in order, each at its own time", async () => {
    const clock = createTestClock(0);
    const seen: string[] = [];
    clock.schedule(30, () => seen.push(`c ${clock.now()}`));
    clock.schedule(10, () => seen.push(`a ${clock.now()}`));
    clock.schedule(10, () => seen.push(`b ${clock.now()}`));
    void clock.sleep(20).then(() => seen.push(`sleep ${clock.now()}`));
    clock.schedule(31, () => seen.push("too late"));
    await clock.advance(30);
    expect(seen).toEqual(["a 10", "b 10", "sleep 20", "c 30"]);
    expect(clock.pending).toBe(1);
  });

  test("runs timers that timers set, and what follows from them, before it goes on", async () => {
    const clock = createTestClock(0);
    const seen: string[] = [];
    clock.schedule(10, async () => {
      await Promise.resolve();
      seen.push(`first ${clock.now()}`);
      await clock.sleep(5);
      seen.push(`second ${clock.now()}`);
      clock.schedule(0, () => seen.push(`third ${clock.now()}`));
    });
    clock.schedule(12, () => seen.push(`between ${clock.now()}`));
    await clock.advance(100);
    expect(seen).toEqual(["first 10", "between 12", "second 15", "third 15"]);
    expect(clock.now()).toBe(100);
  });

  test("lets a timer be cancelled and a sleep be broken off with its reason", async () => {
    const clock = createTestClock(0);
    const seen: string[] = [];
    clock.schedule(10, () => seen.push("never"))();
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleep = clock.sleep(10, controller.signal).catch((error: unknown) => error);
    controller.abort(reason);
    await clock.advance(20);
    expect(await sleep).toBe(reason);
    await expect(clock.sleep(10, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([seen, clock.pending]).toEqual([[], 0]);
  });

  test("settles what waits for no time", async () => {
    const clock = createTestClock();
    const seen: number[] = [];
    void (async () => {
      for (let n = 0; n < 50; n += 1) {
        await Promise.resolve();
        seen.push(n);
      }
    })();
    await clock.settle();
    expect(seen).toHaveLength(50);
  });

  test("jumps without making anything due earlier or later", async () => {
    const clock = createTestClock(1_000);
    const seen: string[] = [];
    clock.schedule(100, () => seen.push(`at ${clock.now()}`));
    clock.jump(3_600_000);
    await clock.settle();
    expect([clock.now(), seen]).toEqual([3_601_000, []]);
    await clock.advance(50);
    clock.jump(-3_600_000);
    await clock.advance(49);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual(["at 1100"]);
  });
});
