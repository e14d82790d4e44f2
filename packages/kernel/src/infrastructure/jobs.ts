import type { z } from "zod";
import { contract } from "../contract.ts";
import type { Json, Timestamp } from "./json.ts";

/** A kind of work to do later. Its name is `<plugin>.<work>`. */
export interface JobDefinition<T = Json> {
  readonly name: string;
  readonly data: z.ZodType<T>;
  /** Attempts before the job is a dead letter. Default 12. */
  readonly maxAttempts: number;
  /** The first retry's delay; it doubles up to `maxBackoffMs`. Defaults 1 000 and 300 000. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** How many jobs of this kind one process runs at once. Default 8. */
  readonly concurrency: number;
}

export interface EnqueueOptions {
  /**
   * Work on one thing. At most one job of a key waits (a second enqueue leaves the earlier of the two times) and
   * at most one runs, so a handler that drains everything there is to do for the key never misses any and never
   * meets itself.
   */
  readonly key?: string;
  /** Not before. Default now. */
  readonly runAt?: Timestamp;
}

export interface JobRun<T = Json> {
  readonly id: string;
  readonly data: T;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborts when the process stops or the job's time is over. */
  readonly signal: AbortSignal;
}

export interface JobState {
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  readonly deadLetters: number;
}

/**
 * Work to do, durable and retried. Verified by `describeJobs` in `@crmessenger/testing`.
 *
 * A job runs at least once, outside any unit of work, with the tenant, actor and correlation of its enqueuer.
 * A throw retries it with back-off (`retryAfterMs` of a CrmError wins); a non-retryable CrmError makes it a dead
 * letter at once.
 */
export interface Jobs {
  /** In the current unit of work where there is one: the job exists if and only if it commits. */
  enqueue<T>(job: JobDefinition<T>, data: T, options?: EnqueueOptions): Promise<void>;
  /** Starts working on jobs of this kind. */
  work<T>(job: JobDefinition<T>, run: (run: JobRun<T>) => Promise<void>): Promise<RunningWorker>;
  /** Runs `job` on a cron schedule (UTC), once across all processes; anything else is `CRM_JOB_CRON` (422). */
  schedule<T>(job: JobDefinition<T>, cron: string, data: T): Promise<void>;
  states(): Promise<readonly JobState[]>;
}

export interface RunningWorker {
  /** Takes no more jobs and resolves when those in hand are finished. */
  stop(): Promise<void>;
}

export const Jobs = contract<Jobs>("infrastructure.jobs", 1);

/** Declares a kind of job. */
export function defineJob<T>(
  name: string,
  definition: { readonly data: z.ZodType<T> } & Partial<Omit<JobDefinition<T>, "name" | "data">>,
): JobDefinition<T> {
  const defaults = { maxAttempts: 12, backoffMs: 1_000, maxBackoffMs: 300_000, concurrency: 8 };
  return Object.freeze({ ...defaults, ...definition, name });
}
