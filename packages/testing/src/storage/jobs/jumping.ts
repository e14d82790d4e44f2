import { CrmError } from "@crmessenger/kernel";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { HOUR_MS, NOTHING_TO_DO, probeJob, startWorker, stateOf } from "./probe-job.ts";

export function jumping({ test }: StorageSuite): void {
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
