import { problem, type Problem } from "../http/problem.ts";
import type { SandboxClock } from "../world/clock.ts";
import { RateWindow } from "./rate-window.ts";

/** Limits of the REST API. */
export interface RestLimits {
  /** Requests a second for the account; `Infinity` lifts the limit. amoCRM: 7. */
  readonly requestsPerSecond: number;
  /** This many refused requests within ten seconds block the account. */
  readonly refusalsToBlock: number;
}

/** What stands between a caller and the account: payment, the block for abuse, the rate limit. */
export class AccountGuard {
  readonly #requests: RateWindow;
  readonly #refusals: RateWindow;
  /** Every request is answered 403 while this is set. */
  blocked = false;
  /** Every request is answered 402 while this is set. */
  unpaid = false;

  constructor(limits: RestLimits, clock: SandboxClock) {
    this.#requests = new RateWindow(limits.requestsPerSecond, 1000, clock);
    this.#refusals = new RateWindow(limits.refusalsToBlock, 10_000, clock);
  }

  /** The refusal that every request to the account's host meets while it is blocked. */
  blockade(): Problem | undefined {
    return this.blocked
      ? problem(403, "Access is blocked because the request limit was exceeded repeatedly")
      : undefined;
  }

  /** Counts a REST request in, or says why not. */
  admit(): Problem | undefined {
    if (this.unpaid) return problem(402, "Account is not paid");
    if (this.#requests.take()) return undefined;
    if (!this.#refusals.take()) this.blocked = true;
    return this.blockade() ?? problem(429, "Too many requests, the limit is 7 requests per second");
  }

  /** Lifts the block. */
  unblock(): void {
    this.blocked = false;
    this.#requests.clear();
    this.#refusals.clear();
  }
}
