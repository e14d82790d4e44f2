import { CrmError } from "@crmessenger/kernel";
import { createGate, createRecordingLogger, createTestClock } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { Pump, type PumpOptions } from "./pump.ts";

function pumpWith(options: Partial<PumpOptions> = {}) {
  const clock = createTestClock();
  const logger = createRecordingLogger();
  const runs: number[] = [];
  const pump = new Pump(
    { clock, logger },
    {
      name: "Pumping",
      everyMs: 1_000,
      ...options,
      async run() {
        runs.push(clock.now());
        await options.run?.();
      },
    },
  );
  return { clock, logger, pump, runs, count: () => runs.length };
}

test("runs at its start and then at intervals", async () => {
  const { clock, pump, count } = pumpWith();
  pump.wake();
  await clock.advance(5_000);
  expect(count()).toBe(0);
  pump.start();
  pump.start();
  await clock.settle();
  expect(count()).toBe(1);
  await clock.advance(2_500);
  expect(count()).toBe(3);
});

test("runs once more for any number of wakes during a run, and never beside itself", async () => {
  const gates = [createGate(), createGate()];
  let [now, most] = [0, 0];
  const { clock, pump, count } = pumpWith({
    async run() {
      most = Math.max(most, ++now);
      await gates[count() - 1]?.opened;
      now -= 1;
    },
  });
  pump.start();
  for (let wakes = 0; wakes < 5; wakes += 1) pump.wake();
  expect(count()).toBe(1);
  gates[0]?.open();
  await clock.settle();
  expect(count()).toBe(2);
  gates[1]?.open();
  await clock.settle();
  expect([count(), most]).toEqual([2, 1]);
  pump.wake();
  await clock.settle();
  expect(count()).toBe(3);
});

test("keeps its pace", async () => {
  const { clock, pump, runs } = pumpWith({ paceMs: () => 50 });
  pump.start();
  await clock.settle();
  for (let wakes = 0; wakes < 20; wakes += 1) {
    pump.wake();
    await clock.advance(10);
  }
  const begin = runs[0] ?? 0;
  expect(runs.map((at) => at - begin)).toEqual([0, 50, 100, 150, 200]);
});

test("tries again after a failure, ever later, and says so once", async () => {
  let fails = 6;
  const { clock, pump, runs, logger } = pumpWith({
    async run() {
      if (fails-- > 0) throw new CrmError("CRM_TEST_FAILED", "Not yet.");
    },
  });
  pump.start();
  await clock.advance(3_600);
  const begin = runs[0] ?? 0;
  expect(runs.map((at) => at - begin)).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500]);
  expect(logger.lines.map(({ level, message }) => [level, message.split(" ").slice(0, 2).join(" ")])).toEqual([
    ["warn", "Pumping failed"],
    ...Array.from({ length: 5 }, () => ["debug", "Pumping failed"]),
    ["info", "Pumping works"],
  ]);
});

test("stops when the run in hand is over", async () => {
  const gate = createGate();
  const { clock, pump, count } = pumpWith({ run: () => gate.opened });
  pump.start();
  pump.wake();
  let stopped = false;
  const stop = pump.stop().then(() => (stopped = true));
  await clock.advance(5_000);
  expect(stopped).toBe(false);
  gate.open();
  await stop;
  pump.wake();
  await clock.advance(5_000);
  expect(count()).toBe(1);
});
