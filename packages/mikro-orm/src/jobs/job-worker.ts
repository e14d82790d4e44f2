import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { Clock, Ids, JobDefinition, JobRun, Logger, RunningWorker } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import { ClaimedJob, type Outcome, STOPPED } from "./claimed-job.ts";
import type { JobDesk } from "./job-desk.ts";

export interface WorkerServices {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly desk: JobDesk;
}

/** Somebody looks for due jobs every now and then; this is only for the case that it fails. */
const LOOK_EVERY_MS = 30_000;

/** Works on the jobs of one kind, in this process. */
export class JobWorker implements RunningWorker {
  readonly definition: JobDefinition;
  readonly #services: WorkerServices;
  readonly #handler: (run: JobRun) => Promise<void>;
  readonly #onStop: (worker: JobWorker) => void;
  readonly #inHand = new Map<ClaimedJob, Promise<void>>();
  readonly #pump: Pump;
  #wakes = 0;
  #mayHaveMore = false;

  constructor(
    definition: JobDefinition,
    handler: (run: JobRun) => Promise<void>,
    services: WorkerServices,
    onStop: (worker: JobWorker) => void,
  ) {
    this.definition = definition;
    this.#handler = handler;
    this.#services = services;
    this.#onStop = onStop;
    this.#pump = new Pump(services, {
      name: `Fetching jobs ${definition.name}`,
      everyMs: LOOK_EVERY_MS,
      run: () => this.#fill(),
    });
    this.#pump.start();
  }

  get isFull(): boolean {
    return this.#inHand.size >= this.definition.concurrency;
  }

  /** The jobs that this worker has in hand. */
  get claims(): readonly ClaimedJob[] {
    return [...this.#inHand.keys()];
  }

  /** There may be something to do. */
  wake(): void {
    this.#wakes += 1;
    this.#pump.wake();
  }

  async stop(): Promise<void> {
    await this.#pump.stop();
    const reason = new CrmError(STOPPED, `The worker of ${this.definition.name} stops. The job will be run again.`, {
      retryable: true,
    });
    for (const claimed of this.#inHand.keys()) claimed.abort(reason);
    await Promise.all(this.#inHand.values());
    this.#onStop(this);
  }

  async #fill(): Promise<void> {
    const free = this.definition.concurrency - this.#inHand.size;
    if (free <= 0) return;
    const wakes = this.#wakes;
    const { jobs, mayHaveMore } = await this.#services.desk.claim(this.definition.name, free);
    this.#mayHaveMore = mayHaveMore;
    if (mayHaveMore && jobs.length < free) this.#pump.wake();
    for (const job of jobs) {
      const claimed = new ClaimedJob(job, this.definition, this.#services, wakes);
      this.#inHand.set(claimed, this.#carryOut(claimed));
    }
  }

  async #carryOut(claimed: ClaimedJob): Promise<void> {
    const { logger } = this.#services;
    const outcome = await claimed.run(this.#handler);
    this.#report(claimed, outcome);
    try {
      await this.#settle(claimed, outcome);
    } catch (error) {
      const { code, message } = toCrmError(error);
      logger.error(`The end of a job ${claimed.job.name} could not be stored; it will be run again: ${message}`, {
        job: claimed.job.id,
        code,
      });
    }
    this.#inHand.delete(claimed);
    // What was enqueued for the same key meanwhile had to wait for this one.
    if (this.#mayHaveMore || claimed.wakesSeen !== this.#wakes) this.#pump.wake();
  }

  async #settle(claimed: ClaimedJob, outcome: Outcome): Promise<void> {
    const { desk, clock } = this.#services;
    const { job } = claimed;
    switch (outcome.kind) {
      case "done":
        return desk.finish(job);
      case "interrupted":
        return desk.release(job, 0, true);
      case "dead":
        return desk.bury(job, outcome.attempts, outcome.error);
      case "retry":
        await desk.release(job, outcome.delayMs, false);
        clock.schedule(outcome.delayMs, () => this.wake());
    }
  }

  #report({ job }: ClaimedJob, outcome: Outcome): void {
    const { logger } = this.#services;
    const fields = { job: job.id, kind: job.name, attempt: job.retryCount + 1 };
    if (outcome.kind === "retry")
      logger.warn(`A job ${job.name} failed and will be tried again: ${outcome.error.message}`, {
        ...fields,
        code: outcome.error.code,
        delayMs: outcome.delayMs,
      });
    if (outcome.kind === "dead")
      logger.error(`A job ${job.name} was given up: ${outcome.error.message}`, { ...fields, code: outcome.error.code });
  }
}
