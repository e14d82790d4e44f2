import { defineCollection } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import { createFaultPlan } from "../../faults/fault-plan.ts";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { NOTHING_TO_DO, probeJob, startWorker, stateOf } from "./probe-job.ts";

const Done = defineCollection("testing.jobs-done", { schema: z.object({ times: z.number() }) });

export function dying({ test }: StorageSuite): void {
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
