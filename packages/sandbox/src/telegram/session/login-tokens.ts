import { randomBytes } from "node:crypto";
import type { AuthKey } from "./auth-key.ts";

/** What became of a login token. */
export type LoginTokenState = "shown" | "replaced" | "accepted" | "used";

/** One QR code: it says which client wants to log in, and who scanned it. */
export interface LoginToken {
  readonly bytes: Buffer;
  readonly authKey: AuthKey;
  readonly expiresAt: number;
  state: LoginTokenState;
  acceptedBy: number | undefined;
}

/** The QR codes of clients that want to log in (https://core.telegram.org/api/qr-login). */
export class LoginTokens {
  readonly #tokens = new Map<string, LoginToken>();
  readonly #current = new Map<AuthKey, LoginToken>();
  readonly #lifetimeMs: number;

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  /** A new token for this client. The one it showed before can be scanned no more. */
  issue(authKey: AuthKey): LoginToken {
    const previous = this.#current.get(authKey);
    if (previous?.state === "shown") previous.state = "replaced";
    const token: LoginToken = {
      bytes: randomBytes(32),
      authKey,
      expiresAt: Date.now() + this.#lifetimeMs,
      state: "shown",
      acceptedBy: undefined,
    };
    this.#tokens.set(token.bytes.toString("base64url"), token);
    this.#current.set(authKey, token);
    return token;
  }

  /** The token of this client that was scanned and not yet turned into a login. */
  accepted(authKey: AuthKey): LoginToken | undefined {
    const token = this.#current.get(authKey);
    return token?.state === "accepted" ? token : undefined;
  }

  find(bytes: Uint8Array): LoginToken | undefined {
    return this.#tokens.get(Buffer.from(bytes).toString("base64url"));
  }

  /** Notes that a phone scanned the token. Throws, saying why, when it can't be used. */
  accept(bytes: Uint8Array, userId: number): LoginToken {
    const token = this.find(bytes);
    if (token === undefined) throw new Error("This QR code is not known to the data centre (AUTH_TOKEN_INVALID).");
    if (token.state === "replaced")
      throw new Error("This QR code is stale: the client has shown a newer one since (AUTH_TOKEN_INVALID).");
    if (token.state !== "shown") throw new Error("This QR code was scanned before (AUTH_TOKEN_ALREADY_ACCEPTED).");
    if (token.expiresAt <= Date.now()) throw new Error("This QR code has expired (AUTH_TOKEN_EXPIRED).");
    token.state = "accepted";
    token.acceptedBy = userId;
    return token;
  }

  /** Ends a login: the token is spent. */
  use(token: LoginToken): void {
    token.state = "used";
    this.#tokens.delete(token.bytes.toString("base64url"));
    this.#current.delete(token.authKey);
  }
}
