import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { heldRuns } from "./held-runs.ts";
import { probeJob, startWorker } from "./probe-job.ts";

export function stopping({ test }: StorageSuite): void {
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
