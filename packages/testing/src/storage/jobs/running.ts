import { type ExecutionContext, executionContext, runInContext } from "@crmessenger/kernel";
import type { JobRun } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { NOTHING_TO_DO, type Probe, probeJob, startWorker, stateOf } from "./probe-job.ts";

export function running({ test }: StorageSuite): void {
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
