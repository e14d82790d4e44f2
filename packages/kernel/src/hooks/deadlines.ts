/** One running call that must end by a time. */
export interface DeadlineEntry {
  readonly expiresAt: number;
  readonly expire: () => void;
}

const SWEEP_MS = 50;

/**
 * Deadlines of many calls on one coarse timer. A timer of its own for each call costs many times the call; a set
 * that is swept costs an insertion and a deletion, and being up to 50 ms late is fine for catching what hangs.
 */
export class Deadlines {
  readonly #entries = new Set<DeadlineEntry>();
  #timer: NodeJS.Timeout | undefined;

  add(entry: DeadlineEntry): void {
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  delete(entry: DeadlineEntry): void {
    this.#entries.delete(entry);
  }

  #sweep(): void {
    if (this.#entries.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    for (const entry of this.#entries) {
      if (entry.expiresAt > now) continue;
      this.#entries.delete(entry);
      entry.expire();
    }
  }
}
