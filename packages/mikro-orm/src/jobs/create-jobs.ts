import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type {
  Clock,
  EnqueueOptions,
  Ids,
  JobDefinition,
  JobRun,
  JobState,
  Jobs,
  Json,
  Logger,
  RunningWorker,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import type { PgBoss } from "pg-boss";
import type { Database } from "../database/database.ts";
import type { ProcessPresence } from "../leases/process-presence.ts";
import { UnitBuffer } from "../ledger/unit-buffer.ts";
import { type BossOptions, loadBoss, startBoss, startScheduler, stopBoss } from "./boss.ts";
import { bossDatabase } from "./boss-database.ts";
import { JobCaller } from "./job-caller.ts";
import { JobDesk } from "./job-desk.ts";
import { JobMaker } from "./job-maker.ts";
import { JobRounds } from "./job-rounds.ts";
import { JobStore, type NewJob } from "./job-store.ts";
import { singletonKeyOf, ticketFor } from "./job-ticket.ts";
import { JobWorker } from "./job-worker.ts";
import { WorkerSet } from "./worker-set.ts";

export interface JobsServices {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  /** This process among the others; to be started before the jobs are. */
  readonly presence: ProcessPresence;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The schema that pg-boss has for itself. Default `crmessenger_jobs`. */
  readonly schema?: string;
}

export interface JobsHandle extends Jobs {
  /** Reads the queue's code meanwhile: for a start that has to wait for the database anyway. */
  load(): void;
  start(): Promise<void>;
  /** Stops what still runs. */
  stop(): Promise<void>;
}

/** What there is once the queue was started. */
interface Running {
  readonly boss: PgBoss;
  readonly desk: JobDesk;
  readonly rounds: JobRounds;
}

const DEFAULT_SCHEMA = "crmessenger_jobs";

/** Jobs on pg-boss. */
export function createJobs(services: JobsServices): JobsHandle {
  return new BossJobs(services);
}

class BossJobs implements JobsHandle {
  readonly #services: JobsServices;
  readonly #options: BossOptions;
  readonly #store: JobStore;
  readonly #maker: JobMaker;
  readonly #workers = new WorkerSet();
  /** Jobs run for their enqueuers, not for whoever happens to start a worker. */
  readonly #detached = AsyncLocalStorage.snapshot();
  readonly #caller: JobCaller;
  readonly #enqueued: UnitBuffer<NewJob>;
  /** Those that exist for sure. */
  readonly #queues = new Set<string>();
  #running: Running | undefined;
  #scheduler: Promise<PgBoss> | undefined;

  constructor(services: JobsServices) {
    const { database, unitOfWork, logger, schema = DEFAULT_SCHEMA } = services;
    this.#services = services;
    this.#options = { db: bossDatabase(database, unitOfWork), schema, logger };
    this.#store = new JobStore(database, schema);
    this.#maker = new JobMaker(services);
    this.#caller = new JobCaller(services, this.#workers);
    this.#enqueued = new UnitBuffer(database, "A job", (jobs) => this.#insert(jobs));
  }

  load(): void {
    loadBoss().catch(() => {}); // the start says why
  }

  async start(): Promise<void> {
    const boss = await startBoss(this.#options);
    await this.#store.prepare();
    for (const name of await this.#store.queues()) this.#queues.add(name);
    const desk = new JobDesk(boss, this.#store, this.#services.unitOfWork);
    const rounds = new JobRounds({ ...this.#services, desk, store: this.#store, workers: this.#workers });
    this.#running = { boss, desk, rounds };
    await this.#caller.start();
    await rounds.start();
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    await Promise.all(this.#workers.all().map((worker) => worker.stop()));
    await running.rounds.stop();
    await this.#caller.stop();
    const scheduler = await this.#scheduler?.catch(() => undefined);
    if (scheduler) await stopBoss(scheduler);
    await stopBoss(running.boss);
    this.#running = undefined;
  }

  async enqueue<T>(job: JobDefinition<T>, data: T, options: EnqueueOptions = {}): Promise<void> {
    const made = this.#maker.make(job as JobDefinition, data as Json, options);
    if (executionContext().unitOfWork) this.#enqueued.add([made]);
    else await this.#insert([made]);
  }

  async work<T>(job: JobDefinition<T>, run: (run: JobRun<T>) => Promise<void>): Promise<RunningWorker> {
    const { desk, rounds } = this.#started();
    await runOutsideUnitOfWork(() => this.#makeSureOf([job.name]));
    const onStop = (worker: JobWorker) => this.#workers.delete(worker);
    const worker = this.#detached(
      () =>
        new JobWorker(job as JobDefinition, run as (run: JobRun) => Promise<void>, { ...this.#services, desk }, onStop),
    );
    this.#workers.add(worker);
    rounds.wake();
    return worker;
  }

  async schedule<T>(job: JobDefinition<T>, cron: string, data: T): Promise<void> {
    this.#started();
    const { ticket } = this.#maker.make(job as JobDefinition, data as Json, {});
    const scheduled = { ...ticketFor(ticket.data, SCHEDULED), correlationId: null };
    const scheduler = await (this.#scheduler ??= startScheduler(this.#options));
    try {
      scheduler.previewSchedule(cron, { count: 1 });
    } catch (error) {
      throw new CrmError(
        "CRM_JOB_CRON",
        `"${cron}" is no cron schedule, such as "*/5 * * * *" for every five minutes.`,
        { status: 422, details: { job: job.name, cron }, cause: error },
      );
    }
    await this.#makeSureOf([job.name]);
    await scheduler.schedule(job.name, cron, scheduled, { tz: "UTC", singletonKey: singletonKeyOf(scheduled, "") });
  }

  states(): Promise<readonly JobState[]> {
    return this.#store.states();
  }

  #started(): Running {
    if (this.#running) return this.#running;
    throw new CrmError(
      "CRM_JOB_NOT_STARTED",
      "The job queue does not run: work on jobs after the start of the storage and before its stop.",
      { status: 503, retryable: true },
    );
  }

  /** In the current unit of work, or on its own. */
  async #insert(jobs: readonly NewJob[]): Promise<void> {
    const together = coalesced(jobs);
    await this.#makeSureOf(together.map(({ name }) => name));
    await this.#store.insert(together);
    this.#afterwards(() => this.#caller.call(together));
  }

  async #makeSureOf(names: readonly string[]): Promise<void> {
    const unknown = [...new Set(names)].filter((name) => !this.#queues.has(name)).toSorted();
    if (unknown.length === 0) return;
    await this.#store.createQueues(unknown);
    this.#afterwards(() => unknown.forEach((name) => this.#queues.add(name)));
  }

  #afterwards(effect: () => void): void {
    if (executionContext().unitOfWork) this.#services.database.afterCommit(effect);
    else effect();
  }
}

/** The key of scheduled runs: those that nobody came round to are one. */
const SCHEDULED = ":schedule";

/** Of several jobs with one key the first, at the earliest of their times. */
function coalesced(jobs: readonly NewJob[]): readonly NewJob[] {
  const byKey = new Map<string, NewJob>();
  for (const job of jobs) {
    const place = `${job.name} ${job.singletonKey}`;
    const earlier = byKey.get(place);
    if (!earlier) byKey.set(place, job);
    else if (earlier.runAt !== undefined && (job.runAt === undefined || job.runAt < earlier.runAt)) {
      const { runAt: _, ...rest } = earlier;
      byKey.set(place, job.runAt === undefined ? rest : { ...rest, runAt: job.runAt });
    }
  }
  return [...byKey.values()];
}
