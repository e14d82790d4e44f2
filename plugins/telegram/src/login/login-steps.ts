import type { LoginStep } from "@crmessenger/kernel/communication";

/** A step without its number, which it gets when it becomes the current one. */
export type NewLoginStep = LoginStep extends infer Step
  ? Step extends LoginStep
    ? Omit<Step, "sequence">
    : never
  : never;

/** The steps of one login. The last one stays: who asks after the end is told how it ended. */
export class LoginSteps {
  #current: LoginStep = { sequence: 1, kind: "working" };
  #changed = Promise.withResolvers<void>();

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
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** The current step if its number is above `after` or it is the last, otherwise the next one. */
  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    while (this.#current.sequence <= after && !this.ended) {
      signal?.throwIfAborted();
      await (signal === undefined ? this.#changed.promise : Promise.race([this.#changed.promise, aborted(signal)]));
    }
    return this.#current;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
