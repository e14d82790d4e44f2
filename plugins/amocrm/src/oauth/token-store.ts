import type { Clock, Leases, SecretNamespace, Secrets, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { needsLogin } from "../api/errors.ts";
import type { Connection } from "../connection/connection.ts";
import { type OAuthClient, type Tokens, tokensSchema } from "./oauth-client.ts";

const TOKENS = "tokens";
/** Left behind by a refresh whose answer never arrived. */
const REFRESH_INTENT = "refresh-intent";
/** A token that ends sooner is renewed first. */
const MARGIN_MS = 5 * 60_000;
const NO_TOKENS = "Grant access to the account: dispatch amocrm.connect and open the address it answers.";
const ANSWER_LOST =
  "The answer to the last renewal of the tokens was lost, and the old ones are spent. Grant access again with amocrm.connect.";
const REVOKED = "Access was revoked. Grant it again with amocrm.connect.";
const FIXED_REFUSED = "amoCRM refuses the token in AMOCRM_ACCESS_TOKEN. Put a new one there.";

interface Known {
  readonly tokens: Tokens;
  readonly version: number;
}

/**
 * The account's tokens. A refresh token works once, so one process refreshes at a time: under a lease, with the
 * intent stored before and the new pair stored before it is used.
 */
export class TokenStore {
  readonly #secrets: SecretNamespace;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #unitOfWork: UnitOfWork;
  readonly #oauth: OAuthClient;
  readonly #connection: Connection;
  readonly #fixed: string | undefined;
  #known: Known | undefined;
  #renewing: Promise<string> | undefined;

  constructor(parts: {
    secrets: Secrets;
    leases: Leases;
    clock: Clock;
    unitOfWork: UnitOfWork;
    oauth: OAuthClient;
    connection: Connection;
    /** A long-lived token, which is used as it is. */
    fixed: string | undefined;
  }) {
    this.#secrets = parts.secrets.namespace("amocrm");
    this.#leases = parts.leases;
    this.#clock = parts.clock;
    this.#unitOfWork = parts.unitOfWork;
    this.#oauth = parts.oauth;
    this.#connection = parts.connection;
    this.#fixed = parts.fixed;
  }

  /** Whether somebody has granted access. */
  async hasTokens(): Promise<boolean> {
    return this.#fixed !== undefined || (await this.#load()) !== undefined;
  }

  /** An access token that has not ended. Rejects with `CRM_AMOCRM_NEEDS_LOGIN` when there is none to be had. */
  async access(): Promise<string> {
    if (this.#fixed !== undefined) return this.#fixed;
    const known = this.#known ?? (await this.#load());
    if (known === undefined) return this.#giveUp(NO_TOKENS);
    if (known.tokens.expiresAt - this.#clock.now() > MARGIN_MS) return known.tokens.accessToken;
    return this.renew(known.tokens.accessToken);
  }

  /** Another access token than this one, which amoCRM refused or which is about to end. */
  renew(accessToken: string): Promise<string> {
    if (this.#fixed !== undefined) return this.#giveUp(FIXED_REFUSED);
    this.#renewing ??= this.#renew(accessToken).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Stores the pair of a fresh consent. */
  async store(tokens: Tokens): Promise<void> {
    await this.#unitOfWork.run(async () => {
      await this.#secrets.setMany(
        new Map([
          [TOKENS, encode(tokens)],
          [REFRESH_INTENT, null],
        ]),
      );
    });
    await this.#load();
  }

  async #renew(accessToken: string): Promise<string> {
    const lease = await this.#leases.acquire("amocrm.refresh");
    try {
      const known = await this.#load();
      if (known === undefined) return await this.#giveUp(NO_TOKENS);
      // Somebody else renewed them while we waited.
      if (known.tokens.accessToken !== accessToken) return known.tokens.accessToken;
      return await this.#refresh(known);
    } finally {
      await lease.release();
    }
  }

  async #refresh(known: Known): Promise<string> {
    const interrupted = (await this.#secrets.get(REFRESH_INTENT)) !== undefined;
    await this.#secrets.set(REFRESH_INTENT, Buffer.from(String(known.version)));
    const answer = await this.#oauth.refresh(known.tokens.refreshToken);
    if (answer.kind === "refused") {
      await this.#secrets.setMany(
        new Map([
          [TOKENS, null],
          [REFRESH_INTENT, null],
        ]),
      );
      this.#known = undefined;
      return this.#giveUp(interrupted ? ANSWER_LOST : REVOKED);
    }
    const stored = await this.#unitOfWork.run(async () => {
      await this.#secrets.setMany(new Map([[REFRESH_INTENT, null]]));
      return this.#secrets.compareAndSet(TOKENS, known.version, encode(answer.tokens));
    });
    // A consent that came in between wins: its pair is the newer one.
    if (!stored) return (await this.#load())?.tokens.accessToken ?? this.#giveUp(NO_TOKENS);
    this.#known = { tokens: answer.tokens, version: known.version + 1 };
    return answer.tokens.accessToken;
  }

  async #load(): Promise<Known | undefined> {
    const secret = await this.#secrets.get(TOKENS);
    if (secret === undefined) this.#known = undefined;
    else {
      const tokens = tokensSchema.parse(JSON.parse(Buffer.from(secret.value).toString("utf8")));
      this.#known = { tokens, version: secret.version };
    }
    return this.#known;
  }

  async #giveUp(reason: string): Promise<never> {
    await this.#connection.change("needs-login", reason);
    throw needsLogin(reason);
  }
}

function encode(tokens: Tokens): Uint8Array {
  return Buffer.from(JSON.stringify(tokens));
}
