import { AsyncLocalStorage } from "node:async_hooks";
import { toCrmError } from "@crmessenger/kernel";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";

export interface PumpServices {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PumpOptions {
  /** For the log. */
  readonly name: string;
  /** How long it stays quiet at most without being woken. */
  readonly everyMs: number;
  /** The shortest time from the beginning of the last run to that of the next, so that a busy time makes batches. Default 0. */
  paceMs?(): number;
  run(): Promise<void>;
}

const FIRST_RETRY_MS = 100;

/**
 * Repeats a piece of background work: whenever somebody wakes it, and at intervals in case nobody did. It never
 * meets itself; a wake during a run makes one more run. A failure is logged and tried again, with back-off.
 */
export class Pump {
  readonly #services: PumpServices;
  readonly #options: PumpOptions;
  /** Background work belongs to nobody: whoever wakes it must not lend it a unit of work or a context. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #state: "new" | "running" | "stopped" = "new";
  #current: Promise<void> | undefined;
  #woken = false;
  #cancelTimer: () => void = () => {};
  #startedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(services: PumpServices, options: PumpOptions) {
    this.#services = services;
    this.#options = options;
  }

  /** Begins with a run. */
  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    this.wake();
  }

  /** Asks for a run that begins after now. Before the start and after the stop it does nothing. */
  wake(): void {
    this.#woken = true;
    if (this.#state !== "running" || this.#current) return;
    this.#cancelTimer();
    const pace = this.#options.paceMs?.() ?? 0;
    // No longer than the pace: the time of day may have been set back.
    const pause = Math.min(pace, this.#startedAt + pace - this.#services.clock.now());
    if (pause > 0) this.#schedule(pause);
    else this.#begin();
  }

  /** Resolves when the run in hand is over; there is none afterwards. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#cancelTimer();
    await this.#current;
  }

  #begin(): void {
    this.#woken = false;
    this.#startedAt = this.#services.clock.now();
    this.#current = this.#detached(() => this.#run());
  }

  async #run(): Promise<void> {
    let pause = this.#options.everyMs;
    try {
      await this.#options.run();
      this.#succeeded();
    } catch (error) {
      pause = Math.min(pause, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 16));
      this.#woken = false;
      this.#failed(error);
    }
    this.#current = undefined;
    if (this.#state !== "running") return;
    if (this.#woken) this.wake();
    else this.#schedule(pause);
  }

  #schedule(milliseconds: number): void {
    this.#cancelTimer = this.#services.clock.schedule(milliseconds, () => this.#begin());
  }

  #succeeded(): void {
    if (this.#failures > 0)
      this.#services.logger.info(`${this.#options.name} works again.`, { failures: this.#failures });
    this.#failures = 0;
  }

  /** A series of failures is one trouble: its first line is enough. */
  #failed(error: unknown): void {
    this.#failures += 1;
    const { code, message } = toCrmError(error);
    const line = `${this.#options.name} failed and will be tried again: ${message}`;
    if (this.#failures === 1) this.#services.logger.warn(line, { code });
    else this.#services.logger.debug(line, { code, failures: this.#failures });
  }
}
