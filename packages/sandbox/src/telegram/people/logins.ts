import type { AuthKey } from "../session/auth-key.ts";
import type { AuthKeys } from "../session/auth-keys.ts";

/** A client that is logged in, as "Devices" shows it on a phone. Times are milliseconds of unix time. */
export interface LoginInfo {
  /** Names the authorisation key of the login. */
  readonly id: string;
  readonly deviceModel: string;
  readonly appVersion: string;
  readonly apiId: number;
  readonly createdAt: number;
  readonly lastActiveAt: number;
  /** How many connections of this login are open now. */
  readonly connections: number;
}

/**
 * How logins end: `unregistered` and `revoked` answer the client's next request with AUTH_KEY_UNREGISTERED or
 * SESSION_REVOKED, `deactivated` with USER_DEACTIVATED, `destroyed` forgets the key itself (transport error -404).
 */
export type Revocation = "unregistered" | "revoked" | "deactivated" | "destroyed";

/** The logins of one account or bot. */
export class Logins {
  readonly #authKeys: AuthKeys;
  readonly #userId: number;

  constructor(authKeys: AuthKeys, userId: number) {
    this.#authKeys = authKeys;
    this.#userId = userId;
  }

  list(): LoginInfo[] {
    return this.#authKeys.loginsOf(this.#userId).map((key) => describe(key));
  }

  /** Ends all logins and cuts their connections. */
  revoke(how: Revocation): void {
    for (const key of this.#authKeys.ofUser(this.#userId)) {
      key.logOut(REFUSALS[how]);
      if (how === "destroyed") this.#authKeys.forget(key);
      key.disconnect();
    }
  }
}

const REFUSALS = {
  unregistered: "AUTH_KEY_UNREGISTERED",
  revoked: "SESSION_REVOKED",
  deactivated: "USER_DEACTIVATED",
  destroyed: "AUTH_KEY_UNREGISTERED",
} as const;

function describe(key: AuthKey): LoginInfo {
  return {
    id: key.id,
    deviceModel: key.device?.deviceModel ?? "",
    appVersion: key.device?.appVersion ?? "",
    apiId: key.device?.apiId ?? 0,
    createdAt: key.createdAt,
    lastActiveAt: key.lastActiveAt,
    connections: [...key.sessions.values()].filter((session) => session.connection?.open === true).length,
  };
}
