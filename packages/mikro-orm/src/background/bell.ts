import type { Clock } from "@crmessenger/kernel/infrastructure";

/** Wakes one waiter. A ring that nobody hears is kept for the next one who waits. */
export class Bell {
  #rung = false;
  #hear: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#hear?.();
  }

  /** Resolves with the next ring, or after `limit.ms` milliseconds. */
  async wait(limit?: { readonly clock: Clock; readonly ms: number }): Promise<void> {
    let cancel = () => {};
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
        if (limit) cancel = limit.clock.schedule(limit.ms, resolve);
      });
    }
    cancel();
    this.#hear = undefined;
    this.#rung = false;
  }
}
