import { executionContext, toCrmError } from "@crmessenger/kernel";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import type { Database } from "../database/database.ts";

export interface SequencerServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

const BATCH = 1_000;

/** Another process may have committed events and died before it numbered them; the embedded database has no other. */
const LOOK_EVERY_MS = { postgresql: 2_000, pglite: 30_000 };

/** A run costs as much as numbering some fifty events: the first event after a pause gets its number at once, the next ones wait for company. */
const PACE_MS = 10;

interface Waiter {
  readonly until: number;
  readonly settle: PromiseWithResolvers<void>;
}

/**
 * Gives committed events their positions. Every process does it for what it has committed itself, under a lock that
 * all share; the one that numbers wakes the readers of all.
 */
export class Sequencer {
  readonly #services: SequencerServices;
  readonly #pump: Pump;
  readonly #watchers = new Set<() => void>();
  #waiters: Waiter[] = [];
  #asked = 0;
  #done = 0;
  #head = 0;

  constructor(services: SequencerServices) {
    this.#services = services;
    this.#pump = new Pump(services, {
      name: "Numbering events",
      everyMs: LOOK_EVERY_MS[services.database.engine],
      paceMs: () => PACE_MS,
      run: () => this.#run(),
    });
  }

  /** The last position that this process knows of. */
  get head(): number {
    return this.#head;
  }

  async start(): Promise<void> {
    await this.#run();
    this.#pump.start();
  }

  stop(): Promise<void> {
    return this.#pump.stop();
  }

  /** Events were committed. */
  wake(): void {
    this.#asked += 1;
    this.#pump.wake();
  }

  /**
   * Resolves when all that this process has committed is numbered, so that it can read what it wrote. A unit of work
   * doesn't wait: the embedded database numbers nothing while one is open.
   */
  async settled(): Promise<void> {
    if (this.#done >= this.#asked || executionContext().unitOfWork) return;
    const settle = Promise.withResolvers<void>();
    this.#waiters.push({ until: this.#asked, settle });
    await settle.promise;
  }

  /** Another process numbered events, or may have. */
  heard(head: number): void {
    if (head <= this.#head) return;
    this.#head = head;
    for (const watcher of this.#watchers) this.#tell(watcher);
  }

  watch(watcher: () => void): () => void {
    const own = () => watcher();
    this.#watchers.add(own);
    return () => void this.#watchers.delete(own);
  }

  async #run(): Promise<void> {
    const asked = this.#asked;
    try {
      const { rows } = await this.#services.database.query<{ numbered: number; head: number }>(NUMBER, [BATCH], {
        name: "events_number",
      });
      const { numbered = 0, head = 0 } = rows[0] ?? {};
      this.heard(head);
      if (numbered === BATCH) this.#pump.wake();
      else this.#settle(asked);
    } catch (error) {
      for (const { settle } of this.#waiters.splice(0)) settle.reject(error);
      throw error;
    }
  }

  #settle(done: number): void {
    this.#done = done;
    const over = this.#waiters.filter(({ until }) => until <= done);
    this.#waiters = this.#waiters.filter(({ until }) => until > done);
    for (const { settle } of over) settle.resolve();
  }

  #tell(watcher: () => void): void {
    try {
      watcher();
    } catch (error) {
      const { code, message } = toCrmError(error);
      this.#services.logger.error(`A watcher of the event log failed: ${message}`, { code });
    }
  }
}

const NUMBER = `select numbered, head from number_events($1::int)`;
