import { type JobDefinition, type JobRun, type RunningWorker, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { onTestFinished } from "../../suite/suite-api.ts";
import type { StorageWorld } from "../storage-world.ts";

export type Probe = { readonly n: number };

/** A kind of job that nothing else uses, quick to retry. */
export function probeJob(world: StorageWorld, changes: Partial<JobDefinition<Probe>> = {}): JobDefinition<Probe> {
  return defineJob<Probe>(world.unique("testing.probe"), {
    data: z.object({ n: z.number() }),
    backoffMs: 10,
    maxBackoffMs: 50,
    ...changes,
  });
}

export async function startWorker(
  world: StorageWorld,
  job: JobDefinition<Probe>,
  run: (run: JobRun<Probe>) => Promise<void> | void,
): Promise<RunningWorker> {
  const worker = await world.jobs.work(job, async (job) => run(job));
  onTestFinished(() => worker.stop());
  return worker;
}

export async function stateOf(world: StorageWorld, job: JobDefinition<Probe>) {
  return (await world.jobs.states()).find(({ name }) => name === job.name);
}

export const NOTHING_TO_DO = { waiting: 0, running: 0, deadLetters: 0 };

export const HOUR_MS = 3_600_000;

export function inAnHour(world: StorageWorld): string {
  return new Date(world.clock.now() + HOUR_MS).toISOString();
}
