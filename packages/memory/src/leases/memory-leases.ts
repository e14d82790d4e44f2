import { CrmError } from "@crmessenger/kernel";
import type { Lease, LeaseOptions, Leases } from "@crmessenger/kernel/infrastructure";

interface Slot {
  token: number;
  holder: AbortController | undefined;
  readonly waiting: (() => void)[];
}

/** Leases of one process: nobody else can hold them, so they need no renewal. */
export class MemoryLeases implements Leases {
  readonly #slots = new Map<string, Slot>();
  readonly #stopped = new AbortController();

  async tryAcquire(name: string): Promise<Lease | undefined> {
    const slot = this.#slot(name);
    return slot.holder ? undefined : this.#take(name, slot);
  }

  async acquire(name: string, options: LeaseOptions & { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    const signal = AbortSignal.any([this.#stopped.signal, ...(options.signal ? [options.signal] : [])]);
    const slot = this.#slot(name);
    while (!signal.aborted && slot.holder) await turn(slot, signal);
    if (signal.aborted && !slot.holder) slot.waiting.shift()?.(); // a turn that this one had already been given
    signal.throwIfAborted();
    return this.#take(name, slot);
  }

  /** Takes every lease back; those that wait are refused. */
  stop(): void {
    this.#stopped.abort(new CrmError("CRM_LEASE_STOPPED", "The application stops: nobody gets a lease any more."));
    for (const slot of this.#slots.values()) slot.holder?.abort();
  }

  #slot(name: string): Slot {
    const known = this.#slots.get(name);
    if (known) return known;
    const slot: Slot = { token: 0, holder: undefined, waiting: [] };
    this.#slots.set(name, slot);
    return slot;
  }

  #take(name: string, slot: Slot): Lease {
    const controller = new AbortController();
    slot.holder = controller;
    slot.token += 1;
    const release = async () => {
      controller.abort();
      if (slot.holder !== controller) return;
      slot.holder = undefined;
      slot.waiting.shift()?.();
    };
    return { name, fencingToken: slot.token, signal: controller.signal, release };
  }
}

/** Resolves when the lease was released and it is this one's turn, or when the signal aborts. */
function turn(slot: Slot, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      const place = slot.waiting.indexOf(settle);
      if (place >= 0) slot.waiting.splice(place, 1);
      settle();
    };
    slot.waiting.push(settle);
    signal.addEventListener("abort", leave, { once: true });
  });
}
