import type { CrmError } from "@crmessenger/kernel";
import type { Clock, HttpClient, HttpResponse, RateBudget } from "@crmessenger/kernel/infrastructure";
import type { z } from "zod";
import type { Connection } from "../connection/connection.ts";
import type { TokenStore } from "../oauth/token-store.ts";
import type { AmoCrmOptions } from "../options.ts";
import { bodyOf, problemOf } from "./answer-body.ts";
import { type MayRepeat, always, ifWithoutEffect, repeating } from "./repeating.ts";
import { blocked, needsLogin, rateLimited, refused, unavailable, unpaid } from "./errors.ts";
import { withinMoment } from "./within-moment.ts";

const CIRCUIT = "amocrm.rest";
/** The limit is per second; a little more keeps requests that bunch up on the way within it. */
const WINDOW_MS = 1_100;
const SLOW_DOWN_MS = 1_000;

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/**
 * amoCRM's REST API v4: authorised, within one rate budget of all processes, refusals translated.
 *
 * Errors: `CRM_AMOCRM_NEEDS_LOGIN`, `CRM_AMOCRM_BLOCKED`, `CRM_AMOCRM_RATE_LIMITED`, `CRM_AMOCRM_UNPAID`,
 * `CRM_AMOCRM_UNAVAILABLE`, `CRM_AMOCRM_REFUSED`, `CRM_AMOCRM_ANSWER`, and those of HttpClient.
 */
export class RestApi {
  readonly #http: HttpClient;
  readonly #budget: RateBudget;
  readonly #clock: Clock;
  readonly #tokens: TokenStore;
  readonly #connection: Connection;
  readonly #options: AmoCrmOptions;
  readonly #hasty: boolean;
  /** One question for all requests that were forbidden at the same time. */
  #checkingBlock: Promise<boolean> | undefined;

  constructor(parts: {
    http: HttpClient;
    budget: RateBudget;
    clock: Clock;
    tokens: TokenStore;
    connection: Connection;
    options: AmoCrmOptions;
    /** For callers that come again by themselves: nothing is repeated, and a turn that takes longer is given up. */
    hasty?: boolean;
  }) {
    this.#http = parts.http;
    this.#budget = parts.budget;
    this.#clock = parts.clock;
    this.#tokens = parts.tokens;
    this.#connection = parts.connection;
    this.#options = parts.options;
    this.#hasty = parts.hasty ?? false;
  }

  /** Reads; an empty list or an unknown entity (204) is undefined. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const response = await this.#attempts(always, () => this.#call("GET", path));
    return response.status === 204 ? undefined : bodyOf(response, schema, `GET ${bare(path)}`);
  }

  /** Creates. It is not repeated when amoCRM may have carried it out: the caller looks first. */
  async create<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const response = await this.#attempts(ifWithoutEffect, () => this.#call("POST", path, body));
    return bodyOf(response, schema, `POST ${bare(path)}`);
  }

  /** Sets something to what it shall be: done twice, it is as if done once. */
  async put(method: "POST" | "PATCH", path: string, body: unknown): Promise<void> {
    await this.#attempts(always, () => this.#call(method, path, body));
  }

  /** Whether amoCRM lets the account in again, asked although it is known to be blocked. */
  async probe(): Promise<boolean> {
    const token = await this.#tokens.access();
    const response = await this.#exchange("GET", "account", token);
    return response.status !== 403;
  }

  #attempts(mayRepeat: MayRepeat, attempt: () => Promise<HttpResponse>): Promise<HttpResponse> {
    return this.#hasty ? attempt() : repeating(this.#clock, mayRepeat, attempt);
  }

  async #call(method: Method, path: string, body?: unknown): Promise<HttpResponse> {
    await this.#connection.requireOpen();
    const token = await this.#tokens.access();
    let response = await this.#exchange(method, path, token, body);
    if (response.status === 401) {
      response = await this.#exchange(method, path, await this.#tokens.renew(token), body);
    }
    if (response.status >= 200 && response.status < 300) return response;
    throw await this.#failureOf(response, `${method} ${bare(path)}`, token);
  }

  async #exchange(method: Method, path: string, token: string, body?: unknown): Promise<HttpResponse> {
    const { baseUrl, timeoutMs } = this.#options;
    await this.#takeTurn();
    return this.#http.request({
      method,
      url: `${baseUrl}/api/v4/${path}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs,
      circuit: CIRCUIT,
      retries: 0, // a repetition takes a permit of its own, and a creation is looked up before it
    });
  }

  async #takeTurn(): Promise<void> {
    const limit = { permits: this.#options.requestsPerSecond, perMs: WINDOW_MS };
    if (!this.#hasty) return this.#budget.take(this.#budgetName, limit);
    await withinMoment(this.#clock, (signal) => this.#budget.take(this.#budgetName, limit, signal));
  }

  async #failureOf(response: HttpResponse, what: string, token: string): Promise<CrmError> {
    const { status } = response;
    if (status === 401) return needsLogin("amoCRM refuses a token that it has just issued.");
    if (status === 402) return unpaid();
    if (status === 403) return this.#forbidden(what, token);
    if (status === 429) {
      await this.#budget.block(this.#budgetName, this.#clock.now() + SLOW_DOWN_MS);
      return rateLimited(SLOW_DOWN_MS);
    }
    if (status >= 500) return unavailable(status);
    const values = problemOf(response)["validation-errors"].flatMap(({ request_id: requestId, errors }) =>
      errors.map(({ code, path }) => ({ requestId, code, path })),
    );
    return refused(what, status, values);
  }

  /** A missing right or the block for too many requests: when even the account can't be read, it is the block. */
  async #forbidden(what: string, token: string): Promise<CrmError> {
    this.#checkingBlock ??= this.#isBlocked(token).finally(() => {
      this.#checkingBlock = undefined;
    });
    return (await this.#checkingBlock) ? blocked() : refused(what, 403, []);
  }

  async #isBlocked(token: string): Promise<boolean> {
    const account = await this.#exchange("GET", "account", token);
    if (account.status !== 403) return false;
    await this.#connection.change("blocked", blocked().message);
    return true;
  }

  get #budgetName(): string {
    return `amocrm:${new URL(this.#options.baseUrl).host}`;
  }
}

function bare(path: string): string {
  return path.replace(/\?.*$/u, "");
}
