import type { SandboxClock } from "../world/clock.ts";

/** Counts events of the last `spanMs` milliseconds and says when there are too many. */
export class RateWindow {
  readonly #limit: number;
  readonly #spanMs: number;
  readonly #clock: SandboxClock;
  readonly #times: number[] = [];

  constructor(limit: number, spanMs: number, clock: SandboxClock) {
    this.#limit = limit;
    this.#spanMs = spanMs;
    this.#clock = clock;
  }

  /** Counts one event in if there is room; false when the span is full. */
  take(): boolean {
    if (!Number.isFinite(this.#limit)) return true;
    const now = this.#clock.now();
    while (this.#times.length > 0 && (this.#times[0] ?? 0) <= now - this.#spanMs) this.#times.shift();
    if (this.#times.length >= this.#limit) return false;
    this.#times.push(now);
    return true;
  }

  /** Forgets what was counted. */
  clear(): void {
    this.#times.length = 0;
  }
}
