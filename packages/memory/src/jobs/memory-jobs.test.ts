import { CrmError } from "@crmessenger/kernel";
import { Jobs, defineJob } from "@crmessenger/kernel/infrastructure";
import { createTestClock, createTestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { memory } from "../plugin.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const Report = defineJob("testing.report", {
  data: z.object({ n: z.number() }),
  maxAttempts: 6,
  backoffMs: SECOND,
  maxBackoffMs: 5 * SECOND,
});

async function start() {
  const clock = createTestClock();
  const kernel = await createTestKernel({ plugins: [memory()], clock });
  return { clock, kernel, jobs: kernel.get(Jobs), [Symbol.asyncDispose]: () => kernel.stop() };
}

test("doubles the delay between attempts up to the longest, then gives up", async () => {
  await using world = await start();
  const times: number[] = [];
  const begun = world.clock.now();
  await world.jobs.work(Report, async () => {
    times.push(world.clock.now() - begun);
    throw new Error("never");
  });
  await world.jobs.enqueue(Report, { n: 1 });
  await world.clock.advance(HOUR);
  expect(times).toEqual([0, 1, 3, 7, 12, 17].map((seconds) => seconds * SECOND));
  expect(await world.jobs.states()).toEqual([{ name: Report.name, waiting: 0, running: 0, deadLetters: 1 }]);
  expect(world.kernel.log.lines).toContainEqual(
    expect.objectContaining({ level: "error", message: expect.stringContaining("dead letter") }),
  );
});

test("follows an error's own delay", async () => {
  await using world = await start();
  const times: number[] = [];
  const begun = world.clock.now();
  await world.jobs.work(Report, async ({ attempt }) => {
    times.push(world.clock.now() - begun);
    if (attempt === 1) throw new CrmError("CRM_TEST_FLOOD", "Wait.", { retryable: true, retryAfterMs: 40 * MINUTE });
  });
  await world.jobs.enqueue(Report, { n: 1 });
  await world.clock.advance(HOUR);
  expect(times).toEqual([0, 40 * MINUTE]);
});

test("runs jobs when they fall due, the longest due first", async () => {
  await using world = await start();
  const seen: number[] = [];
  const at = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  await world.jobs.work({ ...Report, concurrency: 1 }, async ({ data }) => void seen.push(data.n));
  await world.jobs.enqueue(Report, { n: 3 }, { runAt: at(3 * HOUR) });
  await world.jobs.enqueue(Report, { n: 1 }, { runAt: at(HOUR) });
  await world.jobs.enqueue(Report, { n: 2 }, { runAt: at(2 * HOUR) });
  await world.clock.advance(HOUR - 1);
  expect(seen).toEqual([]);
  await world.clock.advance(1);
  expect(seen).toEqual([1]);
  await world.clock.advance(2 * HOUR);
  expect(seen).toEqual([1, 2, 3]);
});

test("runs scheduled jobs at their times in UTC, however far away", async () => {
  await using world = await start(); // it is Monday, 9:00
  const seen: string[] = [];
  await world.jobs.work(Report, async () => void seen.push(new Date(world.clock.now()).toISOString()));
  await world.jobs.schedule(Report, "30 6 1 * *", { n: 1 });
  await world.clock.advance(60 * 24 * HOUR);
  expect(seen).toEqual(["2026-02-01T06:30:00.000Z", "2026-03-01T06:30:00.000Z"]);
});

test("replaces the schedule of a kind of job", async () => {
  await using world = await start();
  const seen: number[] = [];
  await world.jobs.work(Report, async ({ data }) => void seen.push(data.n));
  await world.jobs.schedule(Report, "0 * * * *", { n: 1 });
  await world.clock.advance(HOUR);
  await world.jobs.schedule(Report, "30 * * * *", { n: 2 });
  await world.clock.advance(HOUR);
  expect(seen).toEqual([1, 2]);
});

test("runs nothing more once the kernel has stopped", async () => {
  const world = await start();
  const seen: number[] = [];
  await world.jobs.work(Report, async ({ data }) => void seen.push(data.n));
  await world.jobs.schedule(Report, "* * * * *", { n: 1 });
  await world.kernel.stop();
  await world.clock.advance(HOUR);
  expect(seen).toEqual([]);
  expect(world.clock.pending).toBe(0);
});
