import type { ExecutionContext } from "./context/execution-context.ts";
import { executionContext, requireUnitOfWork, runInContext, runWithContext } from "./context/execution-context.ts";
import { CrmError } from "./errors/crm-error.ts";
import { type DurableSubscription, EventLog, type NewEvent, type StoredEvent } from "./infrastructure/event-log.ts";
import { Idempotency } from "./infrastructure/idempotency.ts";
import { type JobRun, Jobs } from "./infrastructure/jobs.ts";
import type { Json } from "./infrastructure/json.ts";
import { UnitOfWork } from "./infrastructure/unit-of-work.ts";
import { definePlugin } from "./plugin/define-plugin.ts";
import type { Plugin } from "./plugin/plugin.ts";

/**
 * The storage contracts as far as the kernel itself leans on them, and a record of how it does. It stores nothing:
 * what a storage must do is tested with storages.
 */
export class ProbeStorage {
  /** `begin`, `commit`, `rollback`, in order. */
  readonly units: string[] = [];
  readonly events: StoredEvent[] = [];
  readonly subscriptions: DurableSubscription[] = [];
  readonly workers = new Map<string, (run: JobRun<never>) => Promise<void>>();
  readonly answers = new Map<string, { readonly hash: string; readonly output: Json }>();
  /** `subscription` or `worker` with its name, as they were stopped. */
  readonly stopped: string[] = [];
  /** Errors that the next commits fail with. */
  readonly failCommits: unknown[] = [];

  plugin(): Plugin {
    const make = definePlugin({
      id: "storage",
      version: "1.0.0",
      provides: { unitOfWork: UnitOfWork, log: EventLog, jobs: Jobs, idempotency: Idempotency },
      boot: () => ({
        provide: {
          unitOfWork: this.#unitOfWork(),
          log: this.#eventLog(),
          jobs: this.#jobs(),
          idempotency: this.#idempotency(),
        },
      }),
    });
    return make();
  }

  /** Hands every event to every subscription of its topic, in the context of a storage. */
  async deliver(): Promise<void> {
    for (const subscription of this.subscriptions) {
      const events = this.events.filter(({ topic }) => subscription.topics.includes(topic));
      if (events.length > 0) await runInContext({ unitOfWork: {} }, () => subscription.handle(events));
    }
  }

  /** Runs a job as its enqueuer, which is what a storage restores. */
  runJob(name: string, data: unknown, context: Partial<ExecutionContext> = {}): Promise<void> {
    const run = { id: "job-1", data: data as never, attempt: 1, signal: new AbortController().signal };
    return runWithContext(
      { ...executionContext(), ...context },
      () => this.workers.get(name)?.(run) ?? Promise.reject(new Error(`nobody works on ${name}`)),
    );
  }

  #unitOfWork(): UnitOfWork {
    return {
      run: async (work) => {
        const handle = { id: "unit", afterCommit: () => undefined, signal: new AbortController().signal };
        if (executionContext().unitOfWork) return work(handle);
        this.units.push("begin");
        try {
          const answer = await runInContext({ unitOfWork: {} }, () => work(handle));
          if (this.failCommits.length > 0) throw this.failCommits.shift();
          this.units.push("commit");
          return answer;
        } catch (error) {
          this.units.push("rollback");
          throw error;
        }
      },
    };
  }

  #eventLog(): EventLog {
    return {
      append: async (events: readonly NewEvent[]) => {
        requireUnitOfWork("An event");
        for (const event of events) this.events.push({ ...event, position: this.events.length + 1 });
      },
      read: async () => this.events,
      head: async () => this.events.length,
      subscribe: async (subscription) => {
        this.subscriptions.push(subscription);
        return { stop: async () => void this.stopped.push(`subscription ${subscription.name}`) };
      },
      subscriptions: async () => [],
      replay: async () => undefined,
      watch: () => () => undefined,
    };
  }

  #jobs(): Jobs {
    return {
      enqueue: async () => undefined,
      work: async (job, run) => {
        this.workers.set(job.name, run as never);
        return { stop: async () => void this.stopped.push(`worker ${job.name}`) };
      },
      schedule: async () => undefined,
      states: async () => [],
    };
  }

  #idempotency(): Idempotency {
    const keyOf = ({ tenantId, actor, operation, key }: Parameters<Idempotency["claim"]>[0]) =>
      [tenantId, actor, operation, key].join("|");
    return {
      claim: async (claim) => {
        requireUnitOfWork("An idempotency key");
        const known = this.answers.get(keyOf(claim));
        if (known && known.hash !== claim.inputHash)
          throw new CrmError("CRM_IDEMPOTENCY_MISMATCH", "Another input.", { status: 422 });
        return known && { output: known.output };
      },
      complete: async (claim, output) => void this.answers.set(keyOf(claim), { hash: claim.inputHash, output }),
    };
  }
}
