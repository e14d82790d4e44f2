import { isCrmError } from "@crmessenger/kernel";
import type { Clock, HttpClient, HttpResponse } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { bodyOf, problemOf } from "../api/answer-body.ts";
import { unavailable } from "../api/errors.ts";
import type { AmoCrmOptions } from "../options.ts";

const CIRCUIT = "amocrm.oauth";

const pair = z.object({
  expires_in: z.number().positive(),
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
});

/** A pair of tokens; the refresh token works once. */
export const tokensSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Milliseconds since the epoch at which the access token ends. */
  expiresAt: z.number(),
});
export type Tokens = z.infer<typeof tokensSchema>;

/** What came of asking for tokens. */
export type TokenAnswer =
  | { readonly kind: "granted"; readonly tokens: Tokens }
  /** The code or token is not accepted; `hint` is amoCRM's word for why. */
  | { readonly kind: "refused"; readonly hint: string };

/** amoCRM's token endpoint. A network failure or 5xx rejects: what it asked for may be spent then. */
export class OAuthClient {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #options: AmoCrmOptions;
  readonly #secret: string;

  constructor(parts: { http: HttpClient; clock: Clock; options: AmoCrmOptions; secret: string }) {
    this.#http = parts.http;
    this.#clock = parts.clock;
    this.#options = parts.options;
    this.#secret = parts.secret;
  }

  /** The address where the owner of the account grants access. */
  consentUrl(state: string): string {
    const url = new URL(this.#options.consentUrl);
    url.searchParams.set("client_id", this.#options.clientId);
    url.searchParams.set("state", state);
    url.searchParams.set("mode", "popup");
    return url.href;
  }

  /** Trades the code of a consent for tokens. */
  exchangeCode(code: string): Promise<TokenAnswer> {
    return this.#ask({ grant_type: "authorization_code", code });
  }

  /**
   * Trades a refresh token for a new pair. A failure without an answer is asked once more: if the first request was
   * carried out, amoCRM says so by refusing the second.
   */
  async refresh(refreshToken: string): Promise<TokenAnswer> {
    const grant = { grant_type: "refresh_token", refresh_token: refreshToken };
    try {
      return await this.#ask(grant);
    } catch (error) {
      if (!isCrmError(error) || error.details["outcome"] !== "unknown") throw error;
      return this.#ask(grant);
    }
  }

  async #ask(grant: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const { baseUrl, clientId, redirectUri, timeoutMs } = this.#options;
    const response = await this.#http.request({
      method: "POST",
      url: `${baseUrl}/oauth2/access_token`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_id: clientId, client_secret: this.#secret, redirect_uri: redirectUri, ...grant }),
      timeoutMs,
      circuit: CIRCUIT,
      retries: 0,
    });
    return this.#read(response);
  }

  #read(response: HttpResponse): TokenAnswer {
    const { status } = response;
    if (status === 200) {
      const {
        access_token: accessToken,
        refresh_token: refreshToken,
        expires_in,
      } = bodyOf(response, pair, "a token request");
      return {
        kind: "granted",
        tokens: { accessToken, refreshToken, expiresAt: this.#clock.now() + expires_in * 1000 },
      };
    }
    if (status === 400 || status === 401) return { kind: "refused", hint: problemOf(response).hint };
    throw unavailable(status);
  }
}
