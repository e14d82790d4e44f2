import type { Clock, RateBudget, RateLimit } from "@crmessenger/kernel/infrastructure";

interface Budget {
  /** Permits of the current window. */
  used: number;
  /** Blocks that have not ended. */
  blocks: number;
  /** Told when a permit comes back or a block ends. */
  readonly changed: Set<() => void>;
  /** Settles when everybody who came before has been served or has left. */
  queue: Promise<void>;
}

/**
 * Rate limits as sliding windows over the permits given. They are measured by timers rather than by the time of day,
 * which may be set forward or back.
 */
export class MemoryRateBudget implements RateBudget {
  readonly #clock: Clock;
  readonly #budgets = new Map<string, Budget>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(name: string, limit: RateLimit, signal?: AbortSignal): Promise<void> {
    const budget = this.#budget(name);
    const served = budget.queue.then(() => this.#serve(budget, limit, signal));
    budget.queue = served.catch(() => undefined);
    return served;
  }

  async block(name: string, untilMs: number): Promise<void> {
    const budget = this.#budget(name);
    budget.blocks += 1;
    this.#later(budget, untilMs - this.#clock.now(), () => (budget.blocks -= 1));
  }

  async #serve(budget: Budget, { permits, perMs }: RateLimit, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (budget.blocks > 0 || budget.used >= permits) await change(budget, signal);
    budget.used += 1;
    this.#later(budget, perMs, () => (budget.used -= 1));
  }

  #later(budget: Budget, milliseconds: number, change: () => void): void {
    this.#clock.schedule(Math.max(0, milliseconds), () => {
      change();
      for (const notice of budget.changed) notice();
    });
  }

  #budget(name: string): Budget {
    const known = this.#budgets.get(name);
    if (known) return known;
    const budget: Budget = { used: 0, blocks: 0, changed: new Set(), queue: Promise.resolve() };
    this.#budgets.set(name, budget);
    return budget;
  }
}

/** Resolves with the next change of the budget. Rejects with the signal's reason. */
function change({ changed }: Budget, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal?.reason as Error);
  changed.add(resolve);
  signal?.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    changed.delete(resolve);
    signal?.removeEventListener("abort", onAbort);
  });
}
