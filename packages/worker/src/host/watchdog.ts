const LOOKS = 4;

export interface Watched {
  ping(): void;
  /** It has answered nothing for the whole time. */
  hangs(): void;
}

/**
 * Notices that a thread stands still. It counts looks rather than milliseconds: while this thread is busy itself it does
 * not look, and the other is not to blame for that.
 */
export class Watchdog {
  readonly #watched: Watched;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #missed = 0;
  #wanted = false;

  constructor(watched: Watched, patienceMs: number) {
    this.#watched = watched;
    this.#everyMs = Math.max(1, Math.ceil(patienceMs / LOOKS));
  }

  /** Whether there is work that the thread could be stuck in. It is watched until its next sign of life anyway. */
  watch(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted && !this.#timer) this.#timer = setInterval(() => this.#look(), this.#everyMs).unref();
  }

  pong(): void {
    this.#missed = 0;
    if (!this.#wanted) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#missed = 0;
  }

  #look(): void {
    if (this.#missed >= LOOKS) {
      this.stop();
      this.#watched.hangs();
      return;
    }
    this.#missed += 1;
    this.#watched.ping();
  }
}
