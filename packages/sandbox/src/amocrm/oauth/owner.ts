import { createHmac } from "node:crypto";
import type { Outbound } from "../http/outbound.ts";
import type { World } from "../world/world.ts";
import type { OAuthServer } from "./oauth-server.ts";

const REDIRECT_TIMEOUT_MS = 10_000;

/** Which application the owner lets in, and what it asked to be reminded of. */
export interface ConsentRequest {
  readonly clientId: string;
  /** Must be the registered one when given. */
  readonly redirectUri?: string;
  readonly state?: string;
  /** False: only make the code, do not visit the redirect address. Default true. */
  readonly visit?: boolean;
}

/** A consent that was given. */
export interface Consent {
  readonly code: string;
  /** Where the owner's browser was sent. */
  readonly location: string;
  /** Status of the redirect address's answer; absent when it was not visited. */
  readonly status?: number;
}

/** The person the account belongs to, who lets applications in and throws them out. */
export class Owner {
  readonly #oauth: OAuthServer;
  readonly #world: World;
  readonly #outbound: Outbound;
  readonly #host: () => string;
  readonly #onUninstall: (clientId: string) => void;
  /** Whether the consent page lets every application in without asking. */
  autoConsent = false;

  constructor(parts: {
    oauth: OAuthServer;
    world: World;
    outbound: Outbound;
    host: () => string;
    onUninstall: (clientId: string) => void;
  }) {
    this.#oauth = parts.oauth;
    this.#world = parts.world;
    this.#outbound = parts.outbound;
    this.#host = parts.host;
    this.#onUninstall = parts.onUninstall;
  }

  /** Lets an application in: visits its redirect address with `code`, `referer` and `state`, as a browser would. */
  async consent(request: ConsentRequest): Promise<Consent> {
    const { redirectUri } = this.#oauth.integration(request.clientId);
    if (request.redirectUri !== undefined && request.redirectUri !== redirectUri) {
      throw new Error(`The integration redirects to ${redirectUri}, not to ${request.redirectUri}.`);
    }
    const { code, location } = this.consentLocation(request.clientId, request.state);
    if (request.visit === false) return { code, location };
    return { code, location, status: await this.#visit(location) };
  }

  /** Opens a consent link that an application shows, and agrees. */
  async open(consentUrl: string): Promise<Consent> {
    const query = new URL(consentUrl).searchParams;
    const state = query.get("state");
    return this.consent({ clientId: query.get("client_id") ?? "", ...(state === null ? {} : { state }) });
  }

  /** Turns an application away: its redirect address is visited with `error=access_denied`. */
  async refuse(request: { readonly clientId: string; readonly state?: string }): Promise<number> {
    return this.#visit(this.refusalLocation(request.clientId, request.state));
  }

  /** Revokes the tokens of one application, or of all. They learn it from the next 401. */
  revoke(clientId?: string): void {
    this.#oauth.revoke(clientId);
  }

  /** Uninstalls an application: its tokens are revoked, its channels are disconnected and its hook is called. */
  async uninstall(clientId: string): Promise<void> {
    const integration = this.#oauth.integration(clientId);
    this.#oauth.revoke(clientId);
    this.#onUninstall(clientId);
    if (integration.uninstallUri === undefined) return;
    const accountId = String(this.#world.account.id);
    const signature = createHmac("sha256", integration.clientSecret).update(`${clientId}|${accountId}`).digest("hex");
    const query = new URLSearchParams({ account_id: accountId, client_uuid: clientId, signature });
    await this.#visit(withQuery(integration.uninstallUri, query));
  }

  /** A fresh code and the address a browser is sent to with it. */
  consentLocation(clientId: string, state?: string): { code: string; location: string } {
    const { redirectUri } = this.#oauth.integration(clientId);
    const code = this.#oauth.issueCode(clientId, this.#world.owner.id);
    const query = new URLSearchParams({ code, referer: this.#host() });
    if (state !== undefined) query.set("state", state);
    query.set("platform", "1");
    query.set("client_id", clientId);
    return { code, location: withQuery(redirectUri, query) };
  }

  /** The address a browser is sent to when the owner refuses. */
  refusalLocation(clientId: string, state?: string): string {
    const query = new URLSearchParams({ error: "access_denied" });
    if (state !== undefined) query.set("state", state);
    return withQuery(this.#oauth.integration(clientId).redirectUri, query);
  }

  async #visit(url: string): Promise<number> {
    return (await this.#outbound.call({ method: "GET", url, timeoutMs: REDIRECT_TIMEOUT_MS })).status;
  }
}

function withQuery(address: string, query: URLSearchParams): string {
  return `${address}${address.includes("?") ? "&" : "?"}${query}`;
}
