import { contract } from "../contract.ts";

export interface Lease {
  readonly name: string;
  /** Rises with every new holder: a storage that saw a higher one refuses a lower one. */
  readonly fencingToken: number;
  /** Aborts when the lease was lost or released. Work done under the lease must stop then. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** How long a silent holder is believed alive. Renewed at a third of it. Default 15 000. */
  readonly ttlMs?: number;
}

/**
 * One holder at a time across processes, without holding a transaction or connection open. After a kill the lease
 * runs out by itself. Verified by `describeLeases` in `@crmessenger/testing`.
 */
export interface Leases {
  /** Answers undefined at once when somebody else holds it. */
  tryAcquire(name: string, options?: LeaseOptions): Promise<Lease | undefined>;
  /** Waits for it; rejects with the signal's reason. */
  acquire(name: string, options?: LeaseOptions & { readonly signal?: AbortSignal }): Promise<Lease>;
}

export const Leases = contract<Leases>("infrastructure.leases", 1);
