import { CrmError, type ExecutionContext, executionContext, runInContext } from "@crmessenger/kernel";
import {
  type JobDefinition,
  type JobRun,
  type RunningWorker,
  defineCollection,
  defineJob,
} from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import { createFaultPlan } from "../faults/fault-plan.ts";
import { eventually } from "../time/eventually.ts";
import { type Gate, createGate } from "../time/gate.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";
import { onTestFinished } from "../suite/suite-api.ts";

/** What every Jobs promises. */
export function describeJobs(harness: StorageHarness): void {
  describeOn(harness, "Jobs", (suite) => {
    running(suite);
    transactions(suite);
    retrying(suite);
    coalescing(suite);
    scheduling(suite);
    stopping(suite);
    dying(suite);
    jumping(suite);
  });
}

type Probe = { readonly n: number };

/** A kind of job that nothing else uses, quick to retry. */
export function probeJob(world: StorageWorld, changes: Partial<JobDefinition<Probe>> = {}): JobDefinition<Probe> {
  return defineJob<Probe>(world.unique("testing.probe"), {
    data: z.object({ n: z.number() }),
    backoffMs: 10,
    maxBackoffMs: 50,
    ...changes,
  });
}

async function startWorker(
  world: StorageWorld,
  job: JobDefinition<Probe>,
  run: (run: JobRun<Probe>) => Promise<void> | void,
): Promise<RunningWorker> {
  const worker = await world.jobs.work(job, async (job) => run(job));
  onTestFinished(() => worker.stop());
  return worker;
}

async function stateOf(world: StorageWorld, job: JobDefinition<Probe>) {
  return (await world.jobs.states()).find(({ name }) => name === job.name);
}

const HOUR_MS = 3_600_000;

function inAnHour(world: StorageWorld): string {
  return new Date(world.clock.now() + HOUR_MS).toISOString();
}

function running({ test }: StorageSuite): void {
  test("runs a job with its data, outside any unit of work, with the tenant, actor and correlation of its enqueuer", async (world) => {
    const job = probeJob(world);
    const seen: { run: JobRun<Probe>; context: ExecutionContext }[] = [];
    await startWorker(world, job, (run) => void seen.push({ run, context: executionContext() }));
    const actor = { kind: "user" as const, id: world.ids.next() };
    const correlationId = world.ids.next();
    await runInContext({ actor, correlationId }, () => world.units.run(() => world.jobs.enqueue(job, { n: 1 })));
    await eventually(() => expect(seen).toHaveLength(1));
    expect(seen[0]?.run).toMatchObject({ data: { n: 1 }, attempt: 1, id: expect.any(String) });
    expect(seen[0]?.context).toMatchObject({ tenantId: world.tenantId, actor, correlationId });
    expect(seen[0]?.context.unitOfWork).toBeUndefined();
  });

  test("runs what was enqueued before anybody worked on it, and then has nothing to do", async (world) => {
    const job = probeJob(world, { concurrency: 1 });
    for (const n of [1, 2, 3]) await world.jobs.enqueue(job, { n });
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await eventually(() => expect(seen.toSorted()).toEqual([1, 2, 3]));
    await eventually(async () =>
      expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject({ waiting: 0, running: 0, deadLetters: 0 }),
    );
  });

  test("runs as many at once as the definition says, and no more", async (world) => {
    const job = probeJob(world, { concurrency: 2 });
    const [both, finish] = [createGate(), createGate()];
    let [now, most, done] = [0, 0, 0];
    await startWorker(world, job, async () => {
      most = Math.max(most, ++now);
      if (now === 2) both.open();
      await finish.opened;
      now -= 1;
      done += 1;
    });
    await world.units.run(async () => {
      for (const n of [1, 2, 3, 4, 5]) await world.jobs.enqueue(job, { n });
    });
    await both.opened;
    finish.open();
    await eventually(() => expect(done).toBe(5));
    expect(most).toBe(2);
  });

  test("lets a job use units of work of its own and enqueue further jobs", async (world) => {
    const [first, second] = [probeJob(world), probeJob(world)];
    const seen: number[] = [];
    await startWorker(world, second, ({ data }) => void seen.push(data.n));
    await startWorker(world, first, ({ data }) => world.units.run(() => world.jobs.enqueue(second, { n: data.n + 1 })));
    await world.jobs.enqueue(first, { n: 1 });
    await eventually(() => expect(seen).toEqual([2]));
  });
}

const NOTHING_TO_DO = { waiting: 0, running: 0, deadLetters: 0 };

function transactions({ test }: StorageSuite): void {
  test("runs a job only after its unit of work has committed, and never after a rollback", async (world) => {
    const job = probeJob(world);
    const seen: (readonly [number, boolean])[] = [];
    let committing = false;
    await startWorker(world, job, ({ data }) => void seen.push([data.n, committing]));
    const undone = world.units.run(async () => {
      await world.jobs.enqueue(job, { n: 1 });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    await world.units.run(async () => {
      await world.jobs.enqueue(job, { n: 2 });
      for (let times = 0; times < 5; times += 1) await world.settings.get("testing.anything"); // time for a worker to be wrong
      committing = true;
    });
    await eventually(() => expect(seen).toEqual([[2, true]]));
  });

  test("takes a coalesced job back with its unit, and leaves the one that waited", async (world) => {
    const job = probeJob(world);
    await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    const undone = world.units.run(async () => {
      await world.jobs.enqueue(job, { n: 2 }, { key: "thing" });
      await world.jobs.enqueue(job, { n: 3 }, { key: "other" });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await world.jobs.enqueue(job, { n: 4 }, { key: "last" });
    await eventually(() => expect(seen.toSorted()).toEqual([1, 4]));
  });
}

function retrying({ test }: StorageSuite): void {
  test("tries again after a throw, counting the attempts", async (world) => {
    const job = probeJob(world);
    const attempts: number[] = [];
    await startWorker(world, job, ({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("not yet");
    });
    await world.jobs.enqueue(job, { n: 1 });
    await eventually(() => expect(attempts).toEqual([1, 2, 3]));
  });

  test("waits as long as the error says rather than as long as the definition says", async (world) => {
    const job = probeJob(world, { backoffMs: HOUR_MS, maxBackoffMs: HOUR_MS });
    const attempts: number[] = [];
    await startWorker(world, job, ({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new CrmError("CRM_TEST_SLOW_DOWN", "Later.", { retryable: true, retryAfterMs: 20 });
    });
    await world.jobs.enqueue(job, { n: 1 });
    await eventually(() => expect(attempts).toEqual([1, 2]));
  });

  test("gives up after the last attempt and keeps the job as a dead letter", async (world) => {
    const job = probeJob(world, { maxAttempts: 2 });
    const attempts: number[] = [];
    await startWorker(world, job, ({ attempt }) => {
      attempts.push(attempt);
      throw new Error("never");
    });
    await world.jobs.enqueue(job, { n: 1 });
    await eventually(async () =>
      expect(await stateOf(world, job)).toMatchObject({ waiting: 0, running: 0, deadLetters: 1 }),
    );
    expect(attempts).toEqual([1, 2]);
  });

  test("does not retry what says that a retry is useless", async (world) => {
    const job = probeJob(world);
    const attempts: number[] = [];
    await startWorker(world, job, ({ attempt }) => {
      attempts.push(attempt);
      throw new CrmError("CRM_TEST_HOPELESS", "Never.");
    });
    await world.jobs.enqueue(job, { n: 1 });
    await eventually(async () =>
      expect(await stateOf(world, job)).toMatchObject({ waiting: 0, running: 0, deadLetters: 1 }),
    );
    expect(attempts).toEqual([1]);
  });

  test("goes on with other jobs while one is retried", async (world) => {
    const job = probeJob(world, { concurrency: 1, backoffMs: HOUR_MS, maxBackoffMs: HOUR_MS });
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => {
      seen.push(data.n);
      if (data.n === 1) throw new Error("stuck");
    });
    for (const n of [1, 2, 3]) await world.jobs.enqueue(job, { n });
    await eventually(() => expect(seen.toSorted()).toEqual([1, 2, 3]));
  });
}

/** A worker that is held inside its jobs until the test lets them go, one gate a run. */
function heldRuns() {
  const runs: { readonly n: number; readonly gate: Gate }[] = [];
  let [now, most] = [0, 0];
  const run = async ({ data }: JobRun<Probe>) => {
    const gate = createGate();
    most = Math.max(most, ++now);
    runs.push({ n: data.n, gate });
    await gate.opened;
    now -= 1;
  };
  return { runs, run, most: () => most, idle: () => now === 0 };
}

function coalescing({ test }: StorageSuite): void {
  test("lets at most one job of a key wait", async (world) => {
    const job = probeJob(world);
    await Promise.all(Array.from({ length: 8 }, () => world.jobs.enqueue(job, { n: 1 }, { key: "thing" })));
    await world.units.run(async () => {
      await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
      await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    });
    expect(await stateOf(world, job)).toMatchObject({ waiting: 1 });
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await eventually(async () => expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject(NOTHING_TO_DO));
    await eventually(() => expect(seen).toEqual([1]));
  });

  test("runs again for what was enqueued while it ran, and never meets itself", async (world) => {
    const job = probeJob(world);
    const held = heldRuns();
    await startWorker(world, job, held.run);
    await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    await eventually(() => expect(held.runs).toHaveLength(1));
    for (let times = 0; times < 3; times += 1) await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    await world.jobs.enqueue(job, { n: 2 }, { key: "other" });
    await eventually(() => expect(held.runs.map(({ n }) => n)).toEqual([1, 2]));
    held.runs[1]?.gate.open();
    held.runs[0]?.gate.open();
    await eventually(() => expect(held.runs.map(({ n }) => n)).toEqual([1, 2, 1]));
    held.runs[2]?.gate.open();
    await eventually(async () => expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject(NOTHING_TO_DO));
    expect(held.runs).toHaveLength(3);
    expect(held.most()).toBe(2);
  });

  test("keeps the keys of two tenants and of two kinds of job apart", async (world) => {
    const [job, other] = [probeJob(world), probeJob(world)];
    await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    await world.jobs.enqueue(other, { n: 2 }, { key: "thing" });
    await world.inTenant(world.unique("tenant"), () => world.jobs.enqueue(job, { n: 3 }, { key: "thing" }));
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await startWorker(world, other, ({ data }) => void seen.push(data.n));
    await eventually(() => expect(seen.toSorted()).toEqual([1, 2, 3]));
  });

  test("leaves the earlier of two times", async (world) => {
    const job = probeJob(world);
    await world.jobs.enqueue(job, { n: 1 }, { key: "sooner", runAt: inAnHour(world) });
    await world.jobs.enqueue(job, { n: 1 }, { key: "sooner" });
    await world.jobs.enqueue(job, { n: 2 }, { key: "not later" });
    await world.jobs.enqueue(job, { n: 2 }, { key: "not later", runAt: inAnHour(world) });
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await eventually(() => expect(seen.toSorted()).toEqual([1, 2]));
  });

  test("misses nothing when many enqueue while a worker drains", async (world) => {
    const job = probeJob(world);
    const [todo, done] = [new Set<number>(), new Set<number>()];
    let [now, most] = [0, 0];
    await startWorker(world, job, async () => {
      most = Math.max(most, ++now);
      for (const n of todo) {
        todo.delete(n);
        await world.settings.get("testing.anything"); // a round trip, in which more may come
        done.add(n);
      }
      now -= 1;
    });
    const produce = async (from: number) => {
      for (let n = from; n < from + 5; n += 1) {
        todo.add(n);
        await world.jobs.enqueue(job, { n: 0 }, { key: "thing" });
      }
    };
    await Promise.all([produce(0), produce(10), produce(20), produce(30)]);
    await eventually(() => expect(done.size).toBe(20));
    expect(most).toBe(1);
  });

  test("retries the job of a key, once however often it is asked for meanwhile", async (world) => {
    const job = probeJob(world);
    const [entered, fail] = [createGate(), createGate()];
    let runs = 0;
    await startWorker(world, job, async () => {
      runs += 1;
      if (runs > 1) return;
      entered.open();
      await fail.opened;
      throw new Error("the first time");
    });
    await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    await entered.opened;
    await world.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    fail.open();
    await eventually(async () => expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject(NOTHING_TO_DO));
    expect(runs).toBe(2);
  });
}

function scheduling({ test }: StorageSuite): void {
  test("does not run a job before its time", async (world) => {
    const job = probeJob(world, { concurrency: 1 });
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    const soon = world.clock.now() + 300;
    await world.jobs.enqueue(job, { n: 1 }, { runAt: inAnHour(world) });
    await world.jobs.enqueue(job, { n: 2 }, { runAt: new Date(soon).toISOString() });
    await eventually(() => expect(seen).toEqual([2]));
    expect(world.clock.now()).toBeGreaterThanOrEqual(soon);
    expect(await stateOf(world, job)).toMatchObject({ waiting: 1 });
  });

  test("refuses a schedule that is none", async (world) => {
    await expect(world.jobs.schedule(probeJob(world), "every now and then", { n: 1 })).rejects.toMatchObject({
      code: "CRM_JOB_CRON",
      status: 422,
    });
  });
}

function stopping({ test }: StorageSuite): void {
  test("takes no more jobs when stopped, waits for those in hand, and leaves the rest to the next worker", async (world) => {
    const job = probeJob(world, { concurrency: 1 });
    const held = heldRuns();
    const worker = await startWorker(world, job, held.run);
    for (const n of [1, 2]) await world.jobs.enqueue(job, { n });
    await eventually(() => expect(held.runs).toHaveLength(1));
    let stopped = false;
    const stop = worker.stop().then(() => {
      stopped = true;
    });
    await world.settings.get("testing.anything");
    expect(stopped).toBe(false);
    held.runs[0]?.gate.open();
    await stop;
    expect(held.idle()).toBe(true);
    expect(held.runs.map(({ n }) => n)).toEqual([1]);
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await eventually(() => expect(seen).toEqual([2]));
  });

  test("tells a job in hand that it must stop, and runs it again if it gave up", async (world) => {
    const job = probeJob(world);
    const entered = createGate();
    const worker = await startWorker(world, job, async ({ signal }) => {
      entered.open();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("interrupted"))));
    });
    await world.jobs.enqueue(job, { n: 1 });
    await entered.opened;
    await worker.stop();
    const seen: number[] = [];
    await startWorker(world, job, ({ data }) => void seen.push(data.n));
    await eventually(() => expect(seen).toEqual([1]));
  });
}

const Done = defineCollection("testing.jobs-done", { schema: z.object({ times: z.number() }) });

function dying({ test }: StorageSuite): void {
  test("runs a job again whose worker died before or after its commit, under the same id: its work is there once", async (world) => {
    const job = probeJob(world);
    const done = world.collections.open(Done);
    const plan = createFaultPlan();
    const ids: string[] = [];
    await startWorker(world, job, async ({ id, data }) => {
      plan.pass("begin");
      ids.push(id);
      await world.units.run(async () => {
        if (await done.get(id)) return;
        await done.insert(id, { times: data.n });
        plan.pass("before the commit");
      });
      plan.pass("after the commit");
    });
    for (const point of ["begin", "before the commit", "after the commit"]) {
      ids.length = 0;
      plan.crash(point);
      const key = world.unique("thing");
      const from = plan.passes("begin");
      await world.jobs.enqueue(job, { n: 1 }, { key });
      await eventually(() => expect(plan.passes("begin")).toBeGreaterThan(from + 1)); // a dead process tries nothing; here it fails
      plan.restart();
      await eventually(async () => expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject(NOTHING_TO_DO));
      expect(new Set(ids).size).toBe(1);
      expect((await done.getMany(ids)).map(({ value }) => value.times)).toEqual([1]);
    }
  });
}

function jumping({ test }: StorageSuite): void {
  test("loses, holds up and doubles no job however the time of day is set", async (world) => {
    for (const jump of [-HOUR_MS, HOUR_MS]) {
      const job = probeJob(world, { concurrency: 1 });
      const [entered, finish] = [createGate(), createGate()];
      const runs: number[] = [];
      let [now, most] = [0, 0];
      await startWorker(world, job, async ({ data, attempt }) => {
        most = Math.max(most, ++now);
        runs.push(data.n);
        entered.open();
        await finish.opened;
        now -= 1;
        if (data.n === 2 && attempt === 1) throw new Error("not yet");
      });
      await world.jobs.enqueue(job, { n: 1 });
      await entered.opened;
      await world.jobs.enqueue(job, { n: 2 });
      await world.jobs.enqueue(job, { n: 3 }, { key: "thing" });
      world.jump(jump);
      await world.jobs.enqueue(job, { n: 3 }, { key: "thing" });
      finish.open();
      await eventually(() => expect(runs.toSorted()).toEqual([1, 2, 2, 3]));
      await eventually(async () => expect((await stateOf(world, job)) ?? NOTHING_TO_DO).toMatchObject(NOTHING_TO_DO));
      expect([runs.length, most]).toEqual([4, 1]);
      world.jump(-jump);
    }
  });

  test("tries again in time though the time of day is set back meanwhile", async (world) => {
    const job = probeJob(world);
    const attempts: number[] = [];
    await startWorker(world, job, ({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new CrmError("CRM_TEST_SLOW_DOWN", "Later.", { retryable: true, retryAfterMs: 300 });
    });
    await world.jobs.enqueue(job, { n: 1 });
    await eventually(async () => expect(await stateOf(world, job)).toMatchObject({ waiting: 1, running: 0 }));
    await eventually(() => expect(attempts).toEqual([1]));
    world.jump(-HOUR_MS);
    await eventually(() => expect(attempts).toEqual([1, 2]));
  });
}
