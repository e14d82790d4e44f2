/** A running call that must end in time: a node of the list it waits in. */
export interface Deadline {
  /** The sweep in which it expires. */
  expiresAt: number;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  expire(): void;
}

export const SWEEP_MS = 50;

/**
 * Deadlines of many calls on one coarse timer. A timer of its own for each call costs many times the call, and so do
 * reading the clock and a set's bookkeeping: here a call links itself into a list and is looked at every 50 ms.
 */
export class Deadlines {
  readonly #head: Deadline = { expiresAt: Infinity, previous: undefined, next: undefined, expire: () => {} };
  #sweeps = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Expires after `milliseconds`, up to two sweeps late. */
  add(deadline: Deadline, milliseconds: number): void {
    this.renew(deadline, milliseconds);
    this.link(deadline);
  }

  /** Gives it `milliseconds` from now, whether it waits already or not. */
  renew(deadline: Deadline, milliseconds: number): void {
    deadline.expiresAt = this.#sweeps + Math.ceil(milliseconds / SWEEP_MS) + 1;
  }

  /** Lets it wait for the time it was given. */
  link(deadline: Deadline): void {
    const first = this.#head.next;
    deadline.previous = this.#head;
    deadline.next = first;
    if (first) first.previous = deadline;
    this.#head.next = deadline;
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  delete(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (!previous) return;
    previous.next = next;
    if (next) next.previous = previous;
    deadline.previous = undefined;
    deadline.next = undefined;
  }

  #sweep(): void {
    this.#sweeps += 1;
    if (!this.#head.next) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    for (let deadline: Deadline | undefined = this.#head.next; deadline;) {
      const next: Deadline | undefined = deadline.next;
      if (deadline.expiresAt <= this.#sweeps) {
        this.delete(deadline);
        deadline.expire();
      }
      deadline = next;
    }
  }
}
