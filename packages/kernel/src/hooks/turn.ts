import type { Deadline, Deadlines } from "./deadlines.ts";
import { hookDeadline } from "./hook-failure.ts";
import type { Tap } from "./tap.ts";

/** Whose turn it is in one call of an around point, and until when. */
export class Turn implements Deadline {
  expiresAt = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  readonly #point: string;
  readonly #deadlines: Deadlines;
  readonly #giveUp: (error: Error) => void;
  #tap: Tap | undefined;
  #expired: Error | undefined;

  constructor(point: string, deadlines: Deadlines, giveUp: (error: Error) => void) {
    this.#point = point;
    this.#deadlines = deadlines;
    this.#giveUp = giveUp;
    deadlines.link(this);
  }

  /** The tap has the turn, with its whole deadline. */
  pass(tap: Tap): void {
    this.#tap = tap;
    this.#deadlines.renew(this, tap.deadlineMs);
  }

  /** No tap has the turn while `work` runs. After a call was given up nothing begins any more. */
  during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#expired) return Promise.reject(this.#expired);
    this.expiresAt = Infinity;
    return work();
  }

  end(): void {
    this.#deadlines.delete(this);
  }

  expire(): void {
    this.#expired = hookDeadline(this.#tap?.plugin ?? "unknown", this.#point, this.#tap?.deadlineMs ?? 0);
    this.#giveUp(this.#expired);
  }
}
