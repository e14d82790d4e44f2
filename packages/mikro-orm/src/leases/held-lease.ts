import { CrmError } from "@crmessenger/kernel";
import type { Clock, Lease } from "@crmessenger/kernel/infrastructure";

export interface Tenure {
  readonly name: string;
  readonly fencingToken: number;
  readonly ttlMs: number;
  /** When the lease was asked for, by {@link LeaseKeeper.now}. The database began to count no earlier. */
  readonly since: number;
}

export interface LeaseKeeper {
  readonly clock: Clock;
  /** Milliseconds since any moment. Unlike the time of day it never goes back. */
  now(): number;
  /** Called when it is time to renew. */
  renew(): void;
  giveUp(lease: HeldLease): Promise<void>;
}

/** A lease for as long as it is ours: by our own clock it ends no later than by the database's. */
export class HeldLease implements Lease {
  readonly name: string;
  readonly fencingToken: number;
  readonly ttlMs: number;
  readonly #keeper: LeaseKeeper;
  readonly #controller = new AbortController();
  #since = 0;
  #cancelTimers: () => void = () => {};

  constructor(tenure: Tenure, keeper: LeaseKeeper) {
    this.name = tenure.name;
    this.fencingToken = tenure.fencingToken;
    this.ttlMs = tenure.ttlMs;
    this.#keeper = keeper;
    this.extend(tenure.since);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isHeld(): boolean {
    return !this.#controller.signal.aborted;
  }

  /** When the statement was sent that last renewed it. */
  get since(): number {
    return this.#since;
  }

  /** It was renewed by a statement that was sent at `since`. */
  extend(since: number): void {
    if (!this.isHeld) return;
    this.#cancelTimers();
    this.#since = since;
    const { clock, renew } = this.#keeper;
    const passed = this.#keeper.now() - since;
    const cancelRenewal = clock.schedule(this.ttlMs / 3 - passed, renew);
    const cancelEnd = clock.schedule(this.ttlMs - passed, () => this.lose("It could not be renewed in time."));
    this.#cancelTimers = () => {
      cancelRenewal();
      cancelEnd();
    };
  }

  lose(why: string): void {
    this.#end(
      new CrmError("CRM_LEASE_LOST", `The lease "${this.name}" is lost: stop what was done under it. ${why}`, {
        status: 409,
        retryable: true,
        details: this.#details(),
      }),
    );
  }

  async release(): Promise<void> {
    if (!this.isHeld) return;
    this.#end(
      new CrmError("CRM_LEASE_RELEASED", `The lease "${this.name}" was given back.`, { details: this.#details() }),
    );
    await this.#keeper.giveUp(this);
  }

  #end(reason: CrmError): void {
    this.#cancelTimers();
    this.#controller.abort(reason);
  }

  #details(): Readonly<Record<string, unknown>> {
    return { lease: this.name, fencingToken: this.fencingToken };
  }
}
