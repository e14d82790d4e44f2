import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { isCrmError } from "@crmessenger/kernel";
import type { Clock, HttpResponse } from "@crmessenger/kernel/infrastructure";
import { circuitOpen } from "./http-errors.ts";

const FAILURES_TO_OPEN = 5;
const FIRST_BREAK_MS = 1_000;
const LONGEST_BREAK_MS = 30_000;
const MAX_CIRCUITS = 1_000;

const FAILURES = new Set(["CRM_HTTP_UNREACHABLE", "CRM_HTTP_TIMEOUT", "CRM_HTTP_INTERRUPTED"]);

/** What says that the other side is in trouble; a 429 says that we are too fast, which is the rate budget's business. */
const failures = handleWhen((error) => isCrmError(error) && FAILURES.has(error.code)).orWhenResult(
  (response) => (response as HttpResponse).status >= 500,
);

/**
 * A circuit breaker for requests of one name: five failures in a row open it for a second, each failed probe after
 * that for twice as long, up to half a minute. cockatiel counts and lets one probe through at a time; how long it
 * stays open is measured on the application's clock.
 */
export class Circuit {
  readonly name: string;
  readonly #clock: Clock;
  readonly #policy: CircuitBreakerPolicy;
  #openUntil = 0;
  #breaks = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
    this.#policy = circuitBreaker(failures, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) });
    this.#policy.onBreak(() => {
      this.#openUntil = clock.now() + Math.min(LONGEST_BREAK_MS, FIRST_BREAK_MS * 2 ** this.#breaks);
      this.#breaks += 1;
    });
    this.#policy.onReset(() => {
      this.#breaks = 0;
    });
  }

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** Runs `send`, or rejects with `CRM_HTTP_CIRCUIT_OPEN` without running it. */
  run(send: () => Promise<HttpResponse>): Promise<HttpResponse> {
    const wait = this.#openUntil - this.#clock.now();
    if (this.#policy.state === CircuitState.Open && wait > 0) return Promise.reject(circuitOpen(this.name, wait));
    if (this.#policy.state === CircuitState.HalfOpen) return Promise.reject(circuitOpen(this.name, FIRST_BREAK_MS));
    return this.#policy.execute(send);
  }
}

/** The circuits in use, by name. */
export class Circuits {
  readonly #clock: Clock;
  readonly #circuits = new Map<string, Circuit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(name: string): Circuit {
    const known = this.#circuits.get(name);
    if (known) return known;
    if (this.#circuits.size >= MAX_CIRCUITS) this.#forgetOldest();
    const circuit = new Circuit(name, this.#clock);
    this.#circuits.set(name, circuit);
    return circuit;
  }

  /** A closed circuit holds nothing but a count. */
  #forgetOldest(): void {
    for (const [name, circuit] of this.#circuits) {
      if (!circuit.isClosed) continue;
      this.#circuits.delete(name);
      return;
    }
  }
}
