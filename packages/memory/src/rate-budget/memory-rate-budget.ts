import type { Clock, RateBudget, RateLimit } from "@crmessenger/kernel/infrastructure";

interface Budget {
  /** When permits were given, in milliseconds since the epoch, in order. */
  grants: number[];
  blockedUntil: number;
  /** Settles when everybody who came before has been served or has left. */
  queue: Promise<void>;
}

/** Rate limits as sliding windows over the permits given. */
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
    budget.blockedUntil = Math.max(budget.blockedUntil, untilMs);
  }

  async #serve(budget: Budget, limit: RateLimit, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const wait = waitFor(budget, limit, this.#clock.now());
      if (wait <= 0) break;
      await this.#clock.sleep(wait, signal);
    }
    budget.grants.push(this.#clock.now());
  }

  #budget(name: string): Budget {
    const known = this.#budgets.get(name);
    if (known) return known;
    const budget: Budget = { grants: [], blockedUntil: 0, queue: Promise.resolve() };
    this.#budgets.set(name, budget);
    return budget;
  }
}

/** Milliseconds until a permit is free. Forgets what no longer counts. */
function waitFor(budget: Budget, { permits, perMs }: RateLimit, now: number): number {
  if (budget.blockedUntil > now) return budget.blockedUntil - now;
  budget.grants = budget.grants.filter((at) => at > now - perMs);
  const limiting = budget.grants.at(-permits);
  return budget.grants.length < permits || limiting === undefined ? 0 : limiting + perMs - now;
}
