import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { probeJob, startWorker } from "./probe-job.ts";

export function transactions({ test }: StorageSuite): void {
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
