import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { Problem, problem } from "../http/problem.ts";
import type { SandboxClock } from "../world/clock.ts";

const CODE_LIFETIME_MS = 20 * 60_000;
const ACCESS_LIFETIME_S = 86_400;
const REFRESH_LIFETIME_MS = 90 * 86_400_000;

/** An application registered with amoCRM. */
export interface Integration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  readonly name: string;
  /** Called with GET when the integration is uninstalled. */
  readonly uninstallUri: string | undefined;
}

/** What `POST /oauth2/access_token` answers. */
export interface TokenPair {
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly server_time: number;
  readonly access_token: string;
  readonly refresh_token: string;
}

/** One consent of the owner, with every token that came of it. */
interface Grant {
  readonly integration: Integration;
  readonly userId: number;
  revoked: boolean;
}

interface Code {
  readonly grant: Grant;
  readonly expiresAt: number;
  used: boolean;
}

interface Token {
  readonly grant: Grant;
  readonly expiresAt: number;
  spent: boolean;
}

/** Who makes a request. */
export interface Caller {
  readonly integration: Integration;
  readonly userId: number;
}

/** Where tokens are valid, for their claims. */
export interface TokenIssuer {
  readonly accountId: number;
  readonly apiDomain: () => string;
}

/** A refusal in the envelope of OAuth errors. */
export function oauthProblem(status: 400 | 401, hint: string): Problem {
  return new Problem(status, {
    hint,
    title: "Некорректный запрос",
    type: "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
    status,
    detail: "В запросе отсутствует ряд параметров или параметры невалидны",
  });
}

/** Hands out and checks tokens: codes live 20 minutes, access 24 hours, refresh 90 days and one use. */
export class OAuthServer {
  readonly #clock: SandboxClock;
  readonly #issuer: TokenIssuer;
  readonly #key = randomBytes(32);
  readonly #integrations = new Map<string, Integration>();
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, Token>();
  readonly #refresh = new Map<string, Token>();
  #grants = new Set<Grant>();

  constructor(issuer: TokenIssuer, clock: SandboxClock) {
    this.#issuer = issuer;
    this.#clock = clock;
  }

  /** Registers an application. */
  register(options: { redirectUri: string; name?: string; uninstallUri?: string }): Integration {
    const integration: Integration = {
      clientId: randomUUID(),
      clientSecret: randomBytes(32).toString("base64url"),
      redirectUri: options.redirectUri,
      name: options.name ?? "Integration",
      uninstallUri: options.uninstallUri,
    };
    this.#integrations.set(integration.clientId, integration);
    return integration;
  }

  /** The application of that id. Throws when there is none. */
  integration(clientId: string): Integration {
    const integration = this.#integrations.get(clientId);
    if (integration === undefined) throw new Error(`No integration with client id ${clientId} is registered.`);
    return integration;
  }

  /** A code for the owner's consent: good once, for 20 minutes. */
  issueCode(clientId: string, userId: number): string {
    const grant: Grant = { integration: this.integration(clientId), userId, revoked: false };
    const code = randomBytes(48).toString("hex");
    this.#codes.set(code, { grant, expiresAt: this.#clock.now() + CODE_LIFETIME_MS, used: false });
    return code;
  }

  /** A token that needs no refresh and lives as many days as asked. */
  issueLongLived(clientId: string, userId: number, days: number): string {
    const grant: Grant = { integration: this.integration(clientId), userId, revoked: false };
    this.#grants.add(grant);
    return this.#issueAccess(grant, days * 86_400);
  }

  /** Carries out `POST /oauth2/access_token`. Throws a {@link Problem}. */
  exchange(body: Readonly<Record<string, unknown>>): TokenPair {
    const integration = this.#authenticate(body);
    if (body["redirect_uri"] !== integration.redirectUri) throw oauthProblem(400, "Check the `redirect_uri` parameter");
    if (body["grant_type"] === "authorization_code") return this.#exchangeCode(integration, String(body["code"] ?? ""));
    if (body["grant_type"] === "refresh_token") {
      return this.#exchangeRefresh(integration, String(body["refresh_token"] ?? ""));
    }
    throw oauthProblem(400, "Check the `grant_type` parameter");
  }

  /** Who holds this Bearer header. Throws a 401 {@link Problem}. */
  caller(authorization: string | undefined): Caller {
    const token = authorization?.startsWith("Bearer ") === true ? authorization.slice(7) : undefined;
    const known = token === undefined ? undefined : this.#access.get(token);
    if (known === undefined) throw problem(401, "Invalid access token");
    if (known.grant.revoked) throw problem(401, "Token has been revoked");
    if (known.expiresAt <= this.#clock.now()) throw problem(401, "Token has expired");
    return { integration: known.grant.integration, userId: known.grant.userId };
  }

  /** Whether this refresh token would still work; asking does not spend it. */
  isUsableRefreshToken(refreshToken: string): boolean {
    const token = this.#refresh.get(refreshToken);
    return token !== undefined && !token.spent && !token.grant.revoked && token.expiresAt > this.#clock.now();
  }

  /** Ends every grant, or those of one application: all their tokens are revoked. */
  revoke(clientId?: string): void {
    for (const grant of this.#grants) {
      if (clientId === undefined || grant.integration.clientId === clientId) grant.revoked = true;
    }
    this.#grants = new Set([...this.#grants].filter((grant) => !grant.revoked));
  }

  #authenticate(body: Readonly<Record<string, unknown>>): Integration {
    const integration = this.#integrations.get(String(body["client_id"] ?? ""));
    if (integration === undefined || integration.clientSecret !== body["client_secret"]) {
      throw oauthProblem(401, "Client authentication failed");
    }
    return integration;
  }

  #exchangeCode(integration: Integration, value: string): TokenPair {
    const code = this.#codes.get(value);
    if (code === undefined || code.grant.integration !== integration) {
      throw oauthProblem(400, "Cannot decrypt the authorization code");
    }
    if (code.used) throw oauthProblem(400, "Authorization code has been revoked");
    if (code.expiresAt <= this.#clock.now()) throw oauthProblem(400, "Authorization code has expired");
    code.used = true;
    this.#grants.add(code.grant);
    return this.#issuePair(code.grant);
  }

  #exchangeRefresh(integration: Integration, value: string): TokenPair {
    const token = this.#refresh.get(value);
    if (token === undefined || token.grant.integration !== integration) {
      throw oauthProblem(401, "Cannot decrypt the refresh token");
    }
    if (token.spent) token.grant.revoked = true;
    if (token.grant.revoked) throw oauthProblem(401, "Token has been revoked");
    if (token.expiresAt <= this.#clock.now()) throw oauthProblem(401, "Token has expired");
    token.spent = true;
    return this.#issuePair(token.grant);
  }

  #issuePair(grant: Grant): TokenPair {
    const now = this.#clock.now();
    const refreshToken = randomBytes(64).toString("hex");
    this.#refresh.set(refreshToken, { grant, expiresAt: now + REFRESH_LIFETIME_MS, spent: false });
    return {
      token_type: "Bearer",
      expires_in: ACCESS_LIFETIME_S,
      server_time: Math.floor(now / 1000),
      access_token: this.#issueAccess(grant, ACCESS_LIFETIME_S),
      refresh_token: refreshToken,
    };
  }

  #issueAccess(grant: Grant, lifetimeS: number): string {
    const nowS = Math.floor(this.#clock.now() / 1000);
    const token = this.#sign({
      aud: grant.integration.clientId,
      jti: randomBytes(32).toString("hex"),
      iat: nowS,
      nbf: nowS,
      exp: nowS + lifetimeS,
      sub: String(grant.userId),
      grant_type: "",
      account_id: this.#issuer.accountId,
      base_domain: "amocrm.ru",
      version: 2,
      scopes: ["push_notifications", "files", "crm", "files_delete", "notifications"],
      api_domain: this.#issuer.apiDomain(),
    });
    this.#access.set(token, { grant, expiresAt: (nowS + lifetimeS) * 1000, spent: false });
    return token;
  }

  #sign(claims: Readonly<Record<string, unknown>>): string {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
    return `${unsigned}.${createHmac("sha256", this.#key).update(unsigned).digest("base64url")}`;
  }
}
