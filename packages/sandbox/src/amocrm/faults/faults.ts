import { randomStream } from "./random.ts";

/** What goes wrong, and how often. Rates are from 0 (never, the default) to 1 (always). */
export interface AmoCrmFaults {
  /** REST requests answered 429 although the account is within its limit. */
  readonly rate429?: number;
  /** Requests answered 500, 502, 503 or 504 without being carried out. */
  readonly rate5xx?: number;
  /** Requests that are not carried out and never answered: the connection breaks. */
  readonly timeoutBeforeEffectRate?: number;
  /** Requests that are carried out but never answered: the connection breaks. */
  readonly timeoutAfterEffectRate?: number;
  /** How long a connection is held before it breaks, in milliseconds (default 100). */
  readonly timeoutHoldMs?: number;
  /** Revokes every token this often, in milliseconds, until faults are set anew. */
  readonly revokeTokensEveryMs?: number;
  /** Hooks (chats and CRM) that are never sent. */
  readonly dropHookRate?: number;
  /** Hooks that are sent twice. */
  readonly duplicateHookRate?: number;
  /** Lets later hooks overtake earlier ones. */
  readonly reorderHooks?: boolean;
  /** Delays webhooks about a changed lead status by so many milliseconds. */
  readonly lateStatusMs?: number;
  /** How long a new or changed entity can't be found by `query`, in milliseconds. */
  readonly searchLagMs?: number;
}

/** What happens to one request. */
export type RequestFate = "ok" | "429" | "5xx" | "break-before" | "break-after";

/** What happens to one hook. */
export interface HookFate {
  readonly copies: 0 | 1 | 2;
  readonly delayMs: number;
}

/** Decides what goes wrong, from a seed: one stream for requests and one for hooks. */
export class FaultPlan {
  readonly #requests: () => number;
  readonly #hooks: () => number;
  readonly #revoke: () => void;
  #faults: AmoCrmFaults = {};
  #revocation: NodeJS.Timeout | undefined;

  constructor(seed: number, revoke: () => void) {
    this.#requests = randomStream(seed);
    this.#hooks = randomStream(seed ^ 0x5bd1e995);
    this.#revoke = revoke;
  }

  /** Replaces all faults; `{}` ends them. */
  set(faults: AmoCrmFaults): void {
    for (const [name, value] of Object.entries(faults) as [string, number | boolean][]) {
      if (name.toLowerCase().includes("rate") && (typeof value !== "number" || value < 0 || value > 1)) {
        throw new Error(`Fault ${name} must be a rate from 0 to 1, not ${String(value)}.`);
      }
    }
    this.#faults = faults;
    clearInterval(this.#revocation);
    this.#revocation = undefined;
    if (faults.revokeTokensEveryMs !== undefined) {
      this.#revocation = setInterval(this.#revoke, faults.revokeTokensEveryMs).unref();
    }
  }

  /** The faults in force. */
  get current(): AmoCrmFaults {
    return this.#faults;
  }

  /** What happens to the next request; only REST answers an invented 429. */
  nextRequest(area: "rest" | "chats" | "oauth"): RequestFate {
    const { rate429 = 0, rate5xx = 0, timeoutBeforeEffectRate = 0, timeoutAfterEffectRate = 0 } = this.#faults;
    const rates: readonly [RequestFate, number][] = [
      ["429", area === "rest" ? rate429 : 0],
      ["5xx", rate5xx],
      ["break-before", timeoutBeforeEffectRate],
      ["break-after", timeoutAfterEffectRate],
    ];
    if (rates.every(([, rate]) => rate === 0)) return "ok";
    let draw = this.#requests();
    for (const [fate, rate] of rates) {
      if (draw < rate) return fate;
      draw -= rate;
    }
    return "ok";
  }

  /** One of the server errors, by turns of the stream. */
  nextServerError(): 500 | 502 | 503 | 504 {
    const statuses = [500, 502, 503, 504] as const;
    return statuses[Math.floor(this.#requests() * statuses.length)] ?? 500;
  }

  /** What happens to the next hook. */
  nextHook(aboutStatus: boolean): HookFate {
    const { dropHookRate = 0, duplicateHookRate = 0, reorderHooks = false, lateStatusMs = 0 } = this.#faults;
    let delayMs = aboutStatus ? lateStatusMs : 0;
    if (dropHookRate > 0 && this.#hooks() < dropHookRate) return { copies: 0, delayMs };
    const copies = duplicateHookRate > 0 && this.#hooks() < duplicateHookRate ? 2 : 1;
    if (reorderHooks && this.#hooks() < 0.5) delayMs += Math.floor(this.#hooks() * 200);
    return { copies, delayMs };
  }

  /** How long a broken connection is held first. */
  get holdMs(): number {
    return this.#faults.timeoutHoldMs ?? 100;
  }

  /** Ends all faults and their timer. */
  close(): void {
    this.set({});
  }
}
