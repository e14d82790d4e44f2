import { contract } from "../contract.ts";

export interface RateLimit {
  /** Permits in any window of `perMs` milliseconds. */
  readonly permits: number;
  readonly perMs: number;
}

/** A provider's rate limit as one budget, shared by all processes. Verified by `describeRateBudget` in `@crmessenger/testing`. */
export interface RateBudget {
  /** Resolves when a permit is ours; callers are served in order. Rejects with the signal's reason. */
  take(name: string, limit: RateLimit, signal?: AbortSignal): Promise<void>;
  /** Nobody gets a permit of this budget before then: the provider said so (429, flood wait, ban). */
  block(name: string, untilMs: number): Promise<void>;
}

export const RateBudget = contract<RateBudget>("infrastructure.rate-budget", 1);
