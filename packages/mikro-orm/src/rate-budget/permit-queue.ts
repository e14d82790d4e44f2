import type { Clock, RateLimit } from "@crmessenger/kernel/infrastructure";

/** An answer of the database: so many now, and another one after so long. */
export interface Grant {
  readonly granted: number;
  readonly waitMs: number;
}

export interface PermitQueueServices {
  readonly clock: Clock;
  /** Asks for permits in a window of `windowMs`. */
  ask(wanted: number, permits: number, windowMs: number): Promise<Grant>;
}

interface Waiter {
  readonly limit: RateLimit;
  readonly permit: PromiseWithResolvers<void>;
}

/**
 * The window is held a little longer than the provider's: between our clock's tick and the provider's look at its own,
 * one request may dawdle and the next one hurry.
 */
const MARGIN = { share: 0.05, leastMs: 5, mostMs: 1_000 };

/**
 * Those of this process that wait for permits of one budget, in order. One question to the database serves all who
 * wait at that time; nothing is kept for later, since a permit counts from when it is used.
 */
export class PermitQueue {
  readonly #services: PermitQueueServices;
  readonly #waiting: Waiter[] = [];
  /** When the last permits were really handed out here, which is later than they were granted. */
  readonly #used: number[] = [];
  readonly #stopped = new AbortController();
  #serving = false;

  constructor(services: PermitQueueServices) {
    this.#services = services;
  }

  async take(limit: RateLimit, signal: AbortSignal | undefined): Promise<void> {
    this.#stopped.signal.throwIfAborted();
    signal?.throwIfAborted();
    const waiter: Waiter = { limit, permit: Promise.withResolvers() };
    this.#waiting.push(waiter);
    const onAbort = () => {
      this.#remove(waiter);
      waiter.permit.reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#serve();
    try {
      await waiter.permit.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Turns away everybody who waits, and who comes. */
  stop(reason: Error): void {
    this.#stopped.abort(reason);
    for (const { permit } of this.#waiting.splice(0)) permit.reject(reason);
  }

  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    // The turn of the event loop lets callers gather who come together.
    setImmediate(() => {
      void this.#serveAll().finally(() => {
        this.#serving = false;
        if (this.#waiting.length > 0) this.#serve();
      });
    });
  }

  async #serveAll(): Promise<void> {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const { permits, perMs } = first.limit;
      const windowMs = perMs + Math.min(MARGIN.mostMs, Math.max(MARGIN.leastMs, Math.ceil(perMs * MARGIN.share)));
      const wanted = Math.min(this.#waiting.length, permits);
      try {
        const { granted, waitMs } = await this.#services.ask(wanted, permits, windowMs);
        for (let left = granted; left > 0 && this.#waiting.length > 0; left -= 1)
          await this.#handOut(permits, windowMs);
        if (waitMs > 0 && this.#waiting.length > 0) await this.#services.clock.sleep(waitMs, this.#stopped.signal);
      } catch (error) {
        for (const { permit } of this.#waiting.splice(0, wanted)) permit.reject(error);
      }
    }
  }

  async #handOut(permits: number, windowMs: number): Promise<void> {
    const { clock } = this.#services;
    const tooEarly = this.#used.length < permits ? 0 : (this.#used.at(-permits) as number) + windowMs - clock.now();
    // No longer than the window: the time of day may have been set back.
    if (tooEarly > 0) await clock.sleep(Math.min(tooEarly, windowMs), this.#stopped.signal);
    this.#used.push(clock.now());
    if (this.#used.length > permits) this.#used.splice(0, this.#used.length - permits);
    this.#waiting.shift()?.permit.resolve();
  }

  #remove(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
