import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { AccessSubject } from "./access-subject.ts";

export interface SignIn {
  /** A bearer token; shown once, stored hashed. */
  readonly token: string;
  readonly expiresAt: Timestamp;
  readonly userId: string;
}

export interface ApiKey {
  readonly id: string;
  /** Shown once, stored hashed. */
  readonly key: string;
}

/**
 * Finds out who is calling. Refusals are `CRM_IAM_UNAUTHENTICATED` (401) and tell an attacker nothing about which
 * part was wrong. Verified by `describeAuthenticator` in `@crmessenger/testing`.
 */
export interface Authenticator {
  /** The subject behind a session token or API key; `CRM_IAM_UNAUTHENTICATED` when it is unknown, expired or revoked. */
  authenticate(token: string): Promise<AccessSubject>;
  /** Repeated failures for one e-mail address are slowed down with `CRM_IAM_TOO_MANY_ATTEMPTS` (429, retryAfterMs). */
  signIn(credentials: { readonly email: string; readonly password: string }): Promise<SignIn>;
  /** Ends the session of this token; an unknown token is fine. */
  signOut(token: string): Promise<void>;
  /** Sets the password of a user and ends the user's other sessions. */
  setPassword(userId: string, password: string): Promise<void>;
  /** A key that acts as the user, optionally limited to some permissions. */
  createApiKey(
    userId: string,
    options: { readonly name: string; readonly permissions?: readonly string[]; readonly expiresAt?: Timestamp },
  ): Promise<ApiKey>;
  revokeApiKey(id: string): Promise<void>;
}

export const Authenticator = contract<Authenticator>("iam.authenticator", 1);
