import { CrmError, type ExecutionContext, isCrmError, runWithContext, toCrmError } from "@crmessenger/kernel";
import type { Clock, Ids, JobDefinition, JobRun } from "@crmessenger/kernel/infrastructure";
import type { JobTicket } from "./job-ticket.ts";

/** A job as pg-boss hands it over. */
export interface FetchedJob {
  readonly id: string;
  readonly name: string;
  readonly data: JobTicket;
  readonly retryCount: number;
  readonly singletonKey: string;
  readonly createdOn: string;
  readonly output: unknown;
}

/** How a run ended. */
export type Outcome =
  | { readonly kind: "done" }
  /** It did not get to its end: the process stopped. Nobody's fault. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "retry"; readonly error: CrmError; readonly delayMs: number }
  | { readonly kind: "dead"; readonly error: CrmError; readonly attempts: number };

/** How long a job may take before it is told to stop, and how long it then has to do so. */
const LIMIT_MS = 15 * 60_000;
const GRACE_MS = 30_000;

/** What we leave with a job for its next attempt. */
interface Note {
  readonly interruptions: number;
}

/** How often earlier runs of a job were cut short, by the note that the last one left. */
export function interruptionsIn(output: unknown): number {
  const { interruptions } = (output ?? {}) as Partial<Note>;
  return typeof interruptions === "number" ? interruptions : 0;
}

/** One run of a job. */
export class ClaimedJob {
  readonly job: FetchedJob;
  /** What the worker was told of before it claimed the job. */
  readonly wakesSeen: number;
  readonly #definition: JobDefinition;
  readonly #services: { readonly clock: Clock; readonly ids: Ids };
  readonly #controller = new AbortController();
  #isRunning = true;

  constructor(
    job: FetchedJob,
    definition: JobDefinition,
    services: { readonly clock: Clock; readonly ids: Ids },
    wakesSeen: number,
  ) {
    this.job = job;
    this.wakesSeen = wakesSeen;
    this.#definition = definition;
    this.#services = services;
  }

  /** Whether the handler has not come to its end yet. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Asks the handler to stop. */
  abort(reason: CrmError): void {
    this.#controller.abort(reason);
  }

  async run(handler: (run: JobRun) => Promise<void>): Promise<Outcome> {
    const { job } = this;
    const parsed = this.#definition.data.safeParse(job.data.data);
    if (!parsed.success)
      return this.#dead(
        new CrmError(
          "CRM_JOB_DATA",
          `The data of a waiting job ${job.name} do not fit its definition: ${parsed.error.issues[0]?.message ?? ""}`,
        ),
      );
    const cancelTimers = this.#limit();
    try {
      const run: JobRun = {
        id: job.id,
        data: parsed.data,
        attempt: job.retryCount + 1,
        signal: this.#controller.signal,
      };
      await Promise.race([runWithContext(this.#context(), () => handler(run)), cancelTimers.tooLate]);
      return { kind: "done" };
    } catch (error) {
      return this.#outcomeOf(toCrmError(error), isCrmError(error));
    } finally {
      this.#isRunning = false;
      cancelTimers.cancel();
    }
  }

  #context(): ExecutionContext {
    const { tenantId, actor, correlationId, causationId, locale } = this.job.data;
    return { tenantId, actor, correlationId: correlationId ?? this.#services.ids.next(), causationId, locale };
  }

  #limit(): { readonly tooLate: Promise<never>; cancel(): void } {
    const { clock } = this.#services;
    const tooLate = Promise.withResolvers<never>();
    tooLate.promise.catch(() => {}); // when the handler has ended before, nobody listens
    const reason = new CrmError(
      "CRM_JOB_TIMEOUT",
      `The job ${this.job.name} took longer than ${LIMIT_MS / 60_000} minutes.`,
      { retryable: true },
    );
    const cancelLimit = clock.schedule(LIMIT_MS, () => this.abort(reason));
    const cancelGrace = clock.schedule(LIMIT_MS + GRACE_MS, () => tooLate.reject(reason));
    return {
      tooLate: tooLate.promise,
      cancel() {
        cancelLimit();
        cancelGrace();
      },
    };
  }

  #outcomeOf(error: CrmError, deliberate: boolean): Outcome {
    if (isCrmError(this.#controller.signal.reason, STOPPED)) return { kind: "interrupted" };
    const failures = this.#failures();
    const { maxAttempts, backoffMs, maxBackoffMs } = this.#definition;
    if ((deliberate && !error.retryable) || failures >= maxAttempts) return this.#dead(error);
    return {
      kind: "retry",
      error,
      delayMs: error.retryAfterMs ?? Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(30, failures - 1)),
    };
  }

  #dead(error: CrmError): Outcome {
    return { kind: "dead", error, attempts: this.#failures() };
  }

  /** This one included. A run that a crash or a stop cut short is no failure. */
  #failures(): number {
    return this.job.retryCount + 1 - interruptionsIn(this.job.output);
  }
}

/** The code of the error with which jobs in hand are told that their worker stops. */
export const STOPPED = "CRM_JOB_STOPPED";
