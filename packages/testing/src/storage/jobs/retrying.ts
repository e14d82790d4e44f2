import { CrmError } from "@crmessenger/kernel";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { HOUR_MS, probeJob, startWorker, stateOf } from "./probe-job.ts";

export function retrying({ test }: StorageSuite): void {
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
