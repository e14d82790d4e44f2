import type { FaultPlan } from "../faults/faults.ts";

/** Sends hooks in the background: in order within a queue, side by side across queues, and as faults have it. */
export class HookDispatcher {
  readonly #faults: FaultPlan;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #timers = new Map<NodeJS.Timeout, () => void>();
  #pending = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(faults: FaultPlan) {
    this.#faults = faults;
  }

  /** Sends a hook after those of the same queue: not at all, twice or later if faults say so. `send` never rejects. */
  dispatch(queue: string, send: () => Promise<void>, aboutStatus = false): void {
    const fate = this.#faults.nextHook(aboutStatus);
    for (let copy = 0; copy < fate.copies; copy += 1) {
      if (fate.delayMs > 0) this.dispatchLater(queue, send, fate.delayMs);
      else this.#enqueue(queue, send);
    }
  }

  /** Sends a hook after a while, unless the sandbox is closed before. */
  dispatchLater(queue: string, send: () => Promise<void>, delayMs: number): void {
    if (this.#closed) return;
    this.#pending += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(queue, send);
      this.#finish();
    }, delayMs);
    timer.unref();
    this.#timers.set(timer, () => this.#finish());
  }

  /** Resolves when no hook is under way or waiting, retries included. */
  async settled(): Promise<void> {
    if (this.#pending === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Sends nothing more. */
  close(): void {
    this.#closed = true;
    for (const [timer, finish] of this.#timers) {
      clearTimeout(timer);
      finish();
    }
    this.#timers.clear();
  }

  #enqueue(queue: string, send: () => Promise<void>): void {
    if (this.#closed) return;
    this.#pending += 1;
    const previous = this.#tails.get(queue) ?? Promise.resolve();
    const tail = previous
      .then(() => (this.#closed ? undefined : send()))
      .finally(() => {
        if (this.#tails.get(queue) === tail) this.#tails.delete(queue);
        this.#finish();
      });
    this.#tails.set(queue, tail);
  }

  #finish(): void {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
