import { contract } from "../contract.ts";

/** What `work` gets to hold while its unit of work is open. */
export interface UnitOfWorkHandle {
  readonly id: string;
  /** Runs `effect` once after the commit, in order of registration; its failure is logged and harms nobody. */
  afterCommit(effect: () => void | Promise<void>): void;
  /** Aborts when the unit of work ends, one way or the other. */
  readonly signal: AbortSignal;
}

export interface UnitOfWorkOptions {
  /** Milliseconds after which the work is rolled back with `CRM_UOW_DEADLINE`. Default 30 000. */
  readonly deadlineMs?: number;
}

/**
 * All or nothing. Verified by `describeUnitOfWork` in `@crmessenger/testing`.
 *
 * - READ COMMITTED. What repositories, collections, secrets, jobs, audit and events write inside `run` commits
 *   together when `work` resolves, and not at all when it throws.
 * - A call inside another one joins it. The unit travels with the execution context, so nothing is passed by hand.
 * - The storage opens its transaction at the first statement: work that does not touch it costs no round trip.
 * - Serialisation failures and deadlocks are `CRM_UOW_CONFLICT` (retryable); the message bus retries them.
 * - Using the unit after its end, from a promise nobody awaited, is `CRM_UOW_CLOSED`.
 * - No provider or HTTP call inside one: a transaction must not wait for a stranger.
 */
export interface UnitOfWork {
  run<T>(work: (unit: UnitOfWorkHandle) => Promise<T>, options?: UnitOfWorkOptions): Promise<T>;
}

export const UnitOfWork = contract<UnitOfWork>("infrastructure.unit-of-work", 1);
