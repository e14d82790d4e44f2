import { executionContext } from "@crmessenger/kernel";
import type { Clock } from "@crmessenger/kernel/infrastructure";

interface Entry<T> {
  readonly expiresAt: number;
  readonly loading: Promise<T>;
  /** Set once the load is through. */
  loaded?: { readonly value: T };
}

const MAX_TENANTS = 1_000;

/**
 * One value a tenant, loaded when it is first needed and forgotten after `ttlMs` or when somebody says that it
 * changed.
 *
 * Units of work are kept apart: one that changed the data sees its own changes and nobody else does before the
 * commit, and one that must load does so within itself, since a transaction that waits for a query outside of it
 * could wait for ever.
 */
export class TenantCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #load: () => Promise<T>;
  readonly #clock: Clock;
  readonly #ttlMs: number;

  constructor(load: () => Promise<T>, options: { readonly clock: Clock; readonly ttlMs: number }) {
    this.#load = load;
    this.#clock = options.clock;
    this.#ttlMs = options.ttlMs;
  }

  /** The value for the tenant of the execution context; `dirty` tells whether its unit of work changed the data. */
  get(dirty: (unitOfWork: object) => boolean): Promise<T> {
    const { tenantId, unitOfWork } = executionContext();
    const known = this.#entries.get(tenantId);
    const entry = known && known.expiresAt > this.#clock.now() ? known : undefined;
    if (!unitOfWork) return (entry ?? this.#start(tenantId)).loading;
    if (dirty(unitOfWork) || !entry?.loaded) return this.#load();
    return Promise.resolve(entry.loaded.value);
  }

  forget(tenantId: string): void {
    this.#entries.delete(tenantId);
  }

  #start(tenantId: string): Entry<T> {
    const entry: Entry<T> = { expiresAt: this.#clock.now() + this.#ttlMs, loading: this.#load() };
    this.#entries.delete(tenantId);
    this.#entries.set(tenantId, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_TENANTS && oldest !== undefined) this.#entries.delete(oldest);
    entry.loading.then(
      (value) => void (entry.loaded = { value }),
      () => {
        if (this.#entries.get(tenantId) === entry) this.#entries.delete(tenantId);
      },
    );
    return entry;
  }
}
