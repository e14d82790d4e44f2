import { CrmError } from "@crmessenger/kernel";
import type {
  EnqueueOptions,
  JobDefinition,
  JobRun,
  JobState,
  Jobs,
  RunningWorker,
} from "@crmessenger/kernel/infrastructure";
import { type CronExpression, CronExpressionParser } from "cron-parser";
import type { Database } from "../state/database.ts";
import { JobQueue } from "./job-queue.ts";
import { JobWorker } from "./job-worker.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Jobs that last as long as the process. */
export class MemoryJobs implements Jobs {
  readonly #database: Database;
  readonly #queue: JobQueue;
  readonly #workers = new Set<JobWorker>();
  /** How to cancel the next run, by kind of job. */
  readonly #schedules = new Map<string, () => void>();

  constructor(database: Database) {
    this.#database = database;
    this.#queue = new JobQueue(database);
  }

  enqueue<T>(job: JobDefinition<T>, data: T, options: EnqueueOptions = {}): Promise<void> {
    return this.#queue.enqueue(job, data, options);
  }

  async work<T>(job: JobDefinition<T>, run: (run: JobRun<T>) => Promise<void>): Promise<RunningWorker> {
    const worker = new JobWorker(this.#queue, job as unknown as JobDefinition, run as never);
    this.#workers.add(worker);
    const stop = async () => {
      await worker.stop();
      this.#workers.delete(worker);
    };
    return { stop };
  }

  async schedule<T>(job: JobDefinition<T>, cron: string, data: T): Promise<void> {
    const times = parse(cron, this.#database.clock.now());
    this.#schedules.get(job.name)?.();
    this.#planNext(times, { name: job.name, enqueue: () => this.#queue.enqueue(job, data, {}) });
  }

  async states(): Promise<readonly JobState[]> {
    return this.#queue.states();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#schedules.values()) cancel();
    this.#queue.stop();
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
  }

  #planNext(times: CronExpression, job: { readonly name: string; readonly enqueue: () => Promise<void> }): void {
    const at = times.next().getTime();
    const { clock, logger } = this.#database;
    const wait = () => {
      const left = at - clock.now();
      if (left > 0) {
        this.#schedules.set(job.name, clock.schedule(Math.min(left, LONGEST_TIMER_MS), wait));
        return;
      }
      job
        .enqueue()
        .catch((error: unknown) => logger.error(`The scheduled job ${job.name} was not enqueued: ${String(error)}`));
      this.#planNext(times, job);
    };
    this.#database.atRoot(wait);
  }
}

function parse(cron: string, now: number): CronExpression {
  try {
    return CronExpressionParser.parse(cron, { tz: "UTC", currentDate: new Date(now) });
  } catch (error) {
    throw new CrmError(
      "CRM_JOB_CRON",
      `"${cron}" is no cron expression: write minute, hour, day, month and weekday, such as "0 6 * * 1".`,
      { status: 422, details: { cron }, cause: error },
    );
  }
}
