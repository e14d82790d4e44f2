import type { Clock } from "@crmessenger/kernel/infrastructure";

/** Lets so many begin in a second, after a pause as many at once as begin in one. */
export class Pacer {
  readonly #clock: Clock;
  #nextAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when one more may begin; rejects with the signal's reason. */
  async take(perSecond: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const interval = 1_000 / perSecond;
    const burst = Math.max(0, 1_000 - interval);
    this.#nextAt = Math.max(this.#nextAt, now - burst);
    const wait = this.#nextAt - now;
    this.#nextAt += interval;
    if (wait > 0) await this.#clock.sleep(wait, signal);
  }
}
