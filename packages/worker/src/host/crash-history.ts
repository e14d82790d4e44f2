import type { RestartPolicy } from "./limits.ts";

/** When a worker ended by itself, and what follows from that. */
export class CrashHistory {
  readonly #policy: RestartPolicy;
  #crashes: number[] = [];
  #upSince: number | undefined;

  constructor(policy: RestartPolicy) {
    this.#policy = policy;
  }

  /** Ends that count. */
  get count(): number {
    return this.#crashes.length;
  }

  up(now: number): void {
    this.#upSince = now;
  }

  /** Milliseconds to wait before the next start, or undefined: no more. `random` is in [0, 1), for jitter. */
  crashed(now: number, random: number): number | undefined {
    const { minDelayMs, maxDelayMs, maxCrashes, windowMs, stableMs } = this.#policy;
    const stable = this.#upSince !== undefined && now - this.#upSince >= stableMs;
    this.#crashes = stable ? [] : this.#crashes.filter((at) => now - at < windowMs);
    this.#upSince = undefined;
    this.#crashes.push(now);
    if (this.#crashes.length >= maxCrashes) return undefined;
    const delay = Math.min(maxDelayMs, minDelayMs * 2 ** (this.#crashes.length - 1));
    return Math.ceil(delay / 2 + (delay / 2) * random);
  }
}
