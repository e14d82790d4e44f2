import { randomBytes, timingSafeEqual } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";
import type { Clock, SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { Connection } from "../connection/connection.ts";
import type { OAuthClient } from "./oauth-client.ts";
import type { TokenStore } from "./token-store.ts";

const STATE = "oauth-state";
/** How long somebody may take over a consent. */
const STATE_LIFETIME_MS = 60 * 60_000;

const storedState = z.object({ value: z.string(), until: z.number() });

/** What amoCRM sends the owner's browser back with. */
export interface ConsentAnswer {
  readonly code: string | null;
  readonly state: string | null;
  readonly error: string | null;
}

/** The owner's consent: from the address that asks for it to the tokens it brings. */
export class Consent {
  readonly #secrets: SecretNamespace;
  readonly #clock: Clock;
  readonly #oauth: OAuthClient;
  readonly #tokens: TokenStore;
  readonly #connection: Connection;
  readonly #granted: () => Promise<void>;

  constructor(parts: {
    secrets: Secrets;
    clock: Clock;
    oauth: OAuthClient;
    tokens: TokenStore;
    connection: Connection;
    /** What has to happen before the account counts as connected. */
    granted: () => Promise<void>;
  }) {
    this.#secrets = parts.secrets.namespace("amocrm");
    this.#clock = parts.clock;
    this.#oauth = parts.oauth;
    this.#tokens = parts.tokens;
    this.#connection = parts.connection;
    this.#granted = parts.granted;
  }

  /** The address where the owner grants access; the one asked for before stays good. */
  async ask(): Promise<{ readonly url: string; readonly expiresAt: string }> {
    const known = await this.#state();
    const value = known?.value ?? randomBytes(24).toString("base64url");
    const until = this.#clock.now() + STATE_LIFETIME_MS;
    await this.#secrets.set(STATE, Buffer.from(JSON.stringify({ value, until })));
    return { url: this.#oauth.consentUrl(value), expiresAt: new Date(until).toISOString() };
  }

  /**
   * Takes the owner's answer. Rejects with `CRM_AMOCRM_CONSENT` (400) when it was refused, was not asked for or its
   * code is not accepted; then it can be asked for again.
   */
  async take(answer: ConsentAnswer): Promise<void> {
    await this.#requireAsked(answer.state);
    if (answer.error !== null) throw consentError(`The owner of the account did not grant access (${answer.error}).`);
    if (answer.code === null) throw consentError("amoCRM sent no code.");
    const granted = await this.#oauth.exchangeCode(answer.code);
    if (granted.kind === "refused") throw consentError(`amoCRM does not accept the code (${granted.hint}).`);
    await this.#tokens.store(granted.tokens);
    await this.#secrets.setMany(new Map([[STATE, null]]));
    await this.#granted();
    await this.#connection.change("connected", "");
  }

  async #requireAsked(given: string | null): Promise<void> {
    const known = await this.#state();
    const expected = Buffer.from(known?.value ?? "");
    const actual = Buffer.from(given ?? "");
    if (known !== undefined && expected.length === actual.length && timingSafeEqual(expected, actual)) return;
    throw consentError("This answer was not asked for, or came too late.");
  }

  async #state(): Promise<z.infer<typeof storedState> | undefined> {
    const secret = await this.#secrets.get(STATE);
    if (secret === undefined) return undefined;
    const state = storedState.parse(JSON.parse(Buffer.from(secret.value).toString("utf8")));
    return state.until > this.#clock.now() ? state : undefined;
  }
}

function consentError(what: string): CrmError {
  return new CrmError("CRM_AMOCRM_CONSENT", `${what} Dispatch amocrm.connect and open the address it answers.`, {
    status: 400,
  });
}
