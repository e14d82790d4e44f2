import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { inAnHour, probeJob, startWorker, stateOf } from "./probe-job.ts";

export function scheduling({ test }: StorageSuite): void {
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
