import type { LoginStep } from "@crmessenger/kernel/communication";

/** A step without its number, which is given when it becomes the current one. */
export type NewLoginStep = LoginStep extends infer S ? (S extends LoginStep ? Omit<S, "sequence"> : never) : never;

/** The steps of one login. The last one stays: who asks after the end is told how it ended. */
export class LoginSteps {
  #current: LoginStep = { sequence: 1, kind: "working" };
  #waiting = new Set<() => void>();

  get current(): LoginStep {
    return this.#current;
  }

  get ended(): boolean {
    return this.#current.kind === "done" || this.#current.kind === "failed";
  }

  /** Goes on to another step; after the last one nothing changes any more. */
  advance(step: NewLoginStep): void {
    if (this.ended) return;
    this.#current = { ...step, sequence: this.#current.sequence + 1 } as LoginStep;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The current step if its number is above `after` or it is the last, otherwise the next one. */
  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    while (this.#current.sequence <= after && !this.ended) await this.#change(signal);
    return this.#current;
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(wake);
        reject(signal?.reason as Error);
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
