import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { heldRuns } from "./held-runs.ts";
import { NOTHING_TO_DO, inAnHour, probeJob, startWorker, stateOf } from "./probe-job.ts";

export function coalescing({ test }: StorageSuite): void {
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
