import { CrmError } from "@crmessenger/kernel";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import type { Database } from "../database/database.ts";
import type { ProcessPresence } from "../leases/process-presence.ts";
import type { JobDesk } from "./job-desk.ts";
import type { JobStore } from "./job-store.ts";
import type { WorkerSet } from "./worker-set.ts";

export interface RoundsServices {
  readonly database: Database;
  readonly presence: ProcessPresence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly desk: JobDesk;
  readonly store: JobStore;
  readonly workers: WorkerSet;
}

/** Other processes enqueue and die; on the embedded database there are none, and workers are called by themselves. */
const EVERY_MS = { postgresql: 1_000, pglite: 2_000 };

/** A worker says so often that it still works on a job; silent for so long, it has lost it. */
const TOUCH_EVERY_MS = 2_000;
const SILENCE_MS = 8_000;

const TIDY_EVERY_MS = 3_600_000;

/**
 * Looks after the jobs of this process's kinds: wakes workers whose jobs fall due, says which jobs are still being
 * worked on, and lets those go on whose workers died. A process that finds itself alone needs no patience for that.
 */
export class JobRounds {
  readonly #services: RoundsServices;
  readonly #pump: Pump;
  #since = "";
  #touchedAt = Number.NEGATIVE_INFINITY;
  #tidiedAt = Number.NEGATIVE_INFINITY;

  constructor(services: RoundsServices) {
    this.#services = services;
    this.#pump = new Pump(services, {
      name: "Looking after jobs",
      everyMs: EVERY_MS[services.database.engine],
      run: () => this.#look(),
    });
  }

  async start(): Promise<void> {
    this.#since = await this.#services.store.now();
    this.#pump.start();
  }

  stop(): Promise<void> {
    return this.#pump.stop();
  }

  /** A new kind of job has got a worker: there may be some that a dead process left. */
  wake(): void {
    this.#pump.wake();
  }

  async #look(): Promise<void> {
    const { workers, desk } = this.#services;
    const names = workers.names();
    if (names.length === 0) return;
    await this.#touch();
    await this.#releaseOrphans(names);
    for (const name of await desk.due(names)) workers.wake(name);
    await this.#tidy();
  }

  async #tidy(): Promise<void> {
    const { clock, store } = this.#services;
    if (passed(this.#tidiedAt, clock) < TIDY_EVERY_MS) return;
    this.#tidiedAt = clock.now();
    await store.tidy();
  }

  async #touch(): Promise<void> {
    const { database, clock, desk, workers } = this.#services;
    if (database.engine === "pglite" || passed(this.#touchedAt, clock) < TOUCH_EVERY_MS) return;
    this.#touchedAt = clock.now();
    for (const worker of workers.all()) {
      const claims = worker.claims.map((claimed) => ({
        claimed,
        id: claimed.job.id,
        retryCount: claimed.job.retryCount,
        name: claimed.job.name,
      }));
      if (claims.length === 0) continue;
      for (const { claimed } of await desk.touch(worker.definition.name, claims))
        if (claimed.isRunning) claimed.abort(lost());
    }
  }

  async #releaseOrphans(names: readonly string[]): Promise<void> {
    const { store, desk, workers, presence, logger } = this.#services;
    const inHand = workers.all().flatMap(({ claims }) => claims.map(({ job }) => job.id));
    const orphans = await store.orphans(names, inHand, {
      since: this.#since,
      silenceMs: SILENCE_MS,
      alone: presence.aloneCondition,
    });
    if (orphans.length === 0) return;
    await desk.releaseOrphans(orphans);
    logger.info("Jobs whose worker had died are run again.", { jobs: orphans.length });
  }
}

/** Once the time of day was set back, something is due too early rather than an hour late. */
function passed(since: number, clock: Clock): number {
  return Math.abs(clock.now() - since);
}

function lost(): CrmError {
  return new CrmError("CRM_JOB_LOST", "The job was taken from this worker, which had been silent for too long.", {
    retryable: true,
  });
}
