import { Agent } from "undici";
import { isCrmError } from "@crmessenger/kernel";
import type { Clock, HttpRequest, HttpResponse } from "@crmessenger/kernel/infrastructure";
import type { AddressPolicy } from "./address-policy.ts";
import { type Circuit, Circuits } from "./circuit.ts";
import type { ClosableHttpClient, HttpClientOptions } from "./create-http-client.ts";
import { type PreparedRequest, exchange } from "./exchange.ts";
import { guardedConnector } from "./guarded-connector.ts";
import { invalidRequest, unreachable } from "./http-errors.ts";
import { type Outcome, firstBackoff, retryDelay } from "./retry-delay.ts";

const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_RETRIES = 2;
const IDEMPOTENT = new Set(["GET", "PUT", "DELETE", "HEAD"]);
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const CONNECTIONS_PER_ORIGIN = 64;

/** The HttpClient contract on undici: connections are kept alive and checked, answers are bounded, troubles contained. */
export class UndiciHttpClient implements ClosableHttpClient {
  readonly #agent: Agent;
  readonly #clock: Clock;
  readonly #circuits: Circuits;
  readonly #maxBytes: number;
  #closing: Promise<void> | undefined;
  #inFlight = 0;
  readonly #idle = Promise.withResolvers<void>();

  constructor(clock: Clock, policy: AddressPolicy, options: Omit<HttpClientOptions, "allowedHosts">) {
    this.#agent = new Agent({
      connect: guardedConnector(policy, options.resolve),
      connections: options.connectionsPerOrigin ?? CONNECTIONS_PER_ORIGIN,
    });
    this.#clock = clock;
    this.#circuits = new Circuits(clock);
    this.#maxBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const prepared = prepare(request, this.#maxBytes);
    const circuit = this.#circuits.get(request.circuit ?? prepared.origin);
    const retries = request.retries ?? (IDEMPOTENT.has(request.method) ? DEFAULT_RETRIES : 0);
    let backoff = firstBackoff();
    let before: Outcome | undefined;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = careful(before, await this.#attempt(circuit, prepared));
      const wait = attempt < retries ? retryDelay(outcome, backoff.duration, this.#clock.now()) : undefined;
      if (wait === undefined) return settle(outcome);
      await this.#clock.sleep(wait, request.signal);
      backoff = backoff.next(undefined);
      before = outcome;
    }
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** undici's own close forgets its connections, so that they can't be ended any more when the deadline comes. */
  async #close(deadlineMs: number): Promise<void> {
    if (this.#inFlight > 0) {
      const cancel = this.#clock.schedule(deadlineMs, () => this.#idle.resolve());
      await this.#idle.promise;
      cancel();
    }
    await this.#agent.destroy();
  }

  async #attempt(circuit: Circuit, request: PreparedRequest): Promise<Outcome> {
    if (this.#closing) return { error: unreachable(request, "the application stops") };
    this.#inFlight += 1;
    try {
      return { response: await circuit.run(() => exchange(this.#agent, request, this.#clock)) };
    } catch (error) {
      return { error };
    } finally {
      this.#inFlight -= 1;
      if (this.#closing && this.#inFlight === 0) this.#idle.resolve();
    }
  }
}

/**
 * An attempt that was not sent says nothing about the one before it, which may have taken effect: then that one's
 * outcome stands.
 */
function careful(before: Outcome | undefined, outcome: Outcome): Outcome {
  if (!before || !("error" in outcome) || !wasNotSent(outcome.error)) return outcome;
  return "error" in before && wasNotSent(before.error) ? outcome : before;
}

function wasNotSent(error: unknown): boolean {
  return isCrmError(error) && error.details["outcome"] === "not-sent";
}

function settle(outcome: Outcome): HttpResponse {
  if ("error" in outcome) throw outcome.error;
  return outcome.response;
}

function prepare(request: HttpRequest, maxBytes: number): PreparedRequest {
  if (!URL.canParse(request.url)) throw invalidRequest("its URL is malformed");
  const url = new URL(request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw invalidRequest(`${url.protocol} is not HTTP`);
  if (url.username !== "" || url.password !== "")
    throw invalidRequest("credentials belong into a header, not into the URL");
  return {
    method: request.method,
    origin: url.origin,
    path: url.pathname + url.search,
    headers: request.headers ?? {},
    body: request.body ?? null,
    timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    connectTimeoutMs: request.connectTimeoutMs,
    maxBytes,
    keepBytes: request.keepBytes,
    signal: request.signal,
  };
}
