import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import type { Database } from "../database/database.ts";
import type { ProcessPresence } from "../leases/process-presence.ts";
import type { NewJob } from "./job-store.ts";
import type { WorkerSet } from "./worker-set.ts";

export interface CallerServices {
  readonly database: Database;
  readonly presence: ProcessPresence;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Payload: the id of the process that enqueued, and the kind of job. */
const CHANNEL = "crmessenger_jobs";

/** Further ahead, the rounds that are made anyway are punctual enough. */
const NEAR_MS = 60_000;

const GATHER_MS = 5;

/** Calls the workers, of this process and of others, when there are new jobs. */
export class JobCaller {
  readonly #services: CallerServices;
  readonly #workers: WorkerSet;
  readonly #pump: Pump;
  readonly #toTell = new Set<string>();
  #unlisten: () => Promise<void> = () => Promise.resolve();

  constructor(services: CallerServices, workers: WorkerSet) {
    this.#services = services;
    this.#workers = workers;
    this.#pump = new Pump(services, {
      name: "Telling other processes about jobs",
      everyMs: NEAR_MS,
      paceMs: () => GATHER_MS,
      run: () => this.#tell(),
    });
  }

  async start(): Promise<void> {
    const { database } = this.#services;
    if (database.engine === "pglite") return;
    this.#unlisten = await database.listen(CHANNEL, (payload) => this.#heard(payload));
    this.#pump.start();
  }

  async stop(): Promise<void> {
    await this.#pump.stop();
    await this.#unlisten();
  }

  /** These jobs were committed. */
  call(jobs: readonly NewJob[]): void {
    const { clock, presence } = this.#services;
    for (const { name, runAt } of jobs) {
      const wait = runAt === undefined ? 0 : Date.parse(runAt) - clock.now();
      if (wait > NEAR_MS) continue;
      if (wait > 0) clock.schedule(wait, () => this.#workers.wake(name));
      else {
        this.#workers.wake(name);
        if (presence.hasCompany) this.#toTell.add(name);
      }
    }
    if (this.#toTell.size > 0) this.#pump.wake();
  }

  async #tell(): Promise<void> {
    const names = [...this.#toTell];
    this.#toTell.clear();
    if (names.length === 0) return;
    await this.#services.database.query("select pg_notify($1, n) from unnest($2::text[]) as n", [
      CHANNEL,
      names.map((name) => `${this.#services.presence.id} ${name}`),
    ]);
  }

  #heard(payload: string): void {
    const [sender, name] = payload.split(" ");
    if (sender === this.#services.presence.id) return;
    for (const known of name === undefined ? this.#workers.names() : [name]) this.#workers.wake(known);
  }
}
