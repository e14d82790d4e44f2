import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type { Clock, JobDefinition, JobRun, Jobs, Logger } from "@crmessenger/kernel/infrastructure";

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;

/** What a resilient job needs to try again. */
export interface Retrying {
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A job that may be tried again: its data count the failures in a row. */
export interface Countable {
  readonly failures: number;
}

/**
 * Does work that amoCRM may be unable to take for hours: a failure puts the job off, with growing pauses and for as
 * long as it takes, instead of making it a dead letter. `paused` learns why.
 */
export function resilient<T extends Countable>(
  retrying: Retrying,
  job: JobDefinition<T>,
  parts: {
    readonly key: (data: T) => string;
    readonly run: (run: JobRun<T>) => Promise<void>;
    readonly paused?: (data: T, reason: string) => Promise<void>;
  },
): (run: JobRun<T>) => Promise<void> {
  return async (run) => {
    try {
      await parts.run(run);
    } catch (error) {
      if (run.signal.aborted && !isCrmError(error)) throw error;
      const failure = toCrmError(error);
      const afterMs = failure.retryAfterMs ?? Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** run.data.failures);
      const log = failure.retryable ? "info" : "error";
      retrying.logger[log](`${job.name} is put off: ${failure.message}`, { code: failure.code, afterMs });
      await parts.paused?.(run.data, failure.message);
      const data = { ...run.data, failures: Math.min(run.data.failures + 1, 20) };
      const runAt = new Date(retrying.clock.now() + afterMs).toISOString();
      await retrying.jobs.enqueue(job, data, { key: parts.key(run.data), runAt });
    }
  };
}
