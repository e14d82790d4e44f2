import { WeakTable } from "./weak-table.ts";

export interface SignalPort {
  abort(signal: number, reason: unknown): void;
  forget(signal: number): void;
}

export interface WireSignal {
  readonly id: number;
  readonly aborted?: { readonly reason: unknown };
}

/**
 * Abort signals on both sides. A sent signal stays where it is and tells the other side when it aborts; once nobody
 * holds it any more it can't, and the other side forgets its twin.
 */
export class Signals {
  readonly #port: SignalPort;
  readonly #sent = new WeakTable<AbortSignal>();
  readonly #twins = new Map<number, AbortController>();
  readonly #gone: FinalizationRegistry<number>;

  constructor(port: SignalPort) {
    this.#port = port;
    this.#gone = new FinalizationRegistry((id) => port.forget(id));
  }

  encode(signal: AbortSignal): WireSignal {
    if (signal.aborted) return { id: 0, aborted: { reason: signal.reason as unknown } };
    const known = this.#sent.find(signal);
    if (known !== undefined) return { id: known };
    const id = this.#sent.idOf(signal);
    this.#gone.register(signal, id);
    signal.addEventListener("abort", () => this.#port.abort(id, this.#sent.get(id)?.reason), { once: true });
    return { id };
  }

  decode({ id, aborted }: WireSignal): AbortSignal {
    if (aborted) return AbortSignal.abort(aborted.reason);
    const twin = this.#twins.get(id) ?? new AbortController();
    this.#twins.set(id, twin);
    return twin.signal;
  }

  abort(id: number, reason: unknown): void {
    const twin = this.#twins.get(id);
    this.#twins.delete(id);
    twin?.abort(reason);
  }

  forget(id: number): void {
    this.#twins.delete(id);
  }

  /** The other side is gone: whoever works for it may stop. */
  abortAll(reason: Error): void {
    for (const id of this.#twins.keys()) this.abort(id, reason);
  }
}
