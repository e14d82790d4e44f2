import type { Plugin } from "@crmessenger/kernel";
import type { Lease, Leases } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";

/** Leases that can be lost, as when a process could not renew them in time. */
export class LosableLeases implements Leases {
  readonly #inner: Leases;
  readonly #held = new Map<string, { readonly controller: AbortController; readonly inner: Lease }>();

  constructor(inner: Leases) {
    this.#inner = inner;
  }

  async tryAcquire(name: string): Promise<Lease | undefined> {
    const inner = await this.#inner.tryAcquire(name);
    return inner && this.#losable(inner);
  }

  async acquire(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    return this.#losable(await this.#inner.acquire(name, options));
  }

  /** Takes the lease from its holder; what `taken` does happens before the holder hears of it. */
  async lose(name: string, taken: () => Promise<unknown> = async () => {}): Promise<void> {
    const lost = this.#held.get(name);
    await lost?.inner.release();
    await taken();
    lost?.controller.abort(new Error("The lease was lost."));
  }

  #losable(inner: Lease): Lease {
    const controller = new AbortController();
    this.#held.set(inner.name, { controller, inner });
    inner.signal.addEventListener(
      "abort",
      () => this.#held.get(inner.name)?.inner === inner && this.#held.delete(inner.name),
    );
    const release = async () => {
      controller.abort();
      await inner.release();
    };
    return { name: inner.name, fencingToken: inner.fencingToken, signal: controller.signal, release };
  }
}

/** The storage in memory, with leases that can be lost. */
export function memoryWithLosableLeases(): { readonly storage: Plugin; readonly leases: () => LosableLeases } {
  const plugin = memory();
  let leases: LosableLeases | undefined;
  const { definition } = plugin;
  const boot = (services: never, context: never) => {
    const wiring = definition.boot?.(services, context) ?? {};
    leases = new LosableLeases(wiring.provide?.["leases"] as Leases);
    return { ...wiring, provide: { ...wiring.provide, leases } };
  };
  return { storage: { ...plugin, definition: { ...definition, boot } }, leases: () => leases as LosableLeases };
}
