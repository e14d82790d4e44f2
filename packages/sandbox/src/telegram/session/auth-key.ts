import type { SrpChallenge } from "../crypto/srp-verifier.ts";
import { MessageCipher } from "../crypto/message-cipher.ts";
import type { Session } from "./session.ts";

/** The data centre that clients begin with. The other numbers lead to the same place. */
export const HOME_DC = 2;

/** What a client told of itself in initConnection. */
export interface ClientDevice {
  readonly deviceModel: string;
  readonly systemVersion: string;
  readonly appVersion: string;
  readonly apiId: number;
}

/** Why requests under a key are refused although the key exists. */
export type KeyRefusal = "AUTH_KEY_UNREGISTERED" | "SESSION_REVOKED" | "USER_DEACTIVATED" | "AUTH_KEY_DUPLICATED";

/** An authorisation key, what it is authorised for and who uses it now: Telegram calls this a login or an active session. */
export class AuthKey {
  readonly cipher: MessageCipher;
  /** The key's name in hexadecimal. */
  readonly id: string;
  readonly createdAt = Date.now();
  readonly sessions = new Map<bigint, Session>();
  /** Users whose access hash went out under this key, so that short updates may refer to them. */
  readonly knownUsers = new Set<number>();
  lastActiveAt = Date.now();
  device: ClientDevice | undefined;
  /** The data centre that the client takes this for; files of others are elsewhere for it. */
  dcId = HOME_DC;
  /** The login was taken along from another data centre for its files: no updates come here, and phones do not list it. */
  transferred = false;
  /** The user that this key is logged in as. */
  userId: number | undefined;
  refusal: KeyRefusal | undefined;
  /** The user who scanned the code and still has to be proved by the password. */
  passwordPendingFor: number | undefined;
  srp: { readonly id: bigint; readonly challenge: SrpChallenge } | undefined;

  constructor(key: Buffer) {
    this.cipher = new MessageCipher(key);
    this.id = this.cipher.keyId.toString("hex");
  }

  /** Ends the login. What the client asks from now on is answered with the refusal. */
  logOut(refusal: KeyRefusal): void {
    this.userId = undefined;
    this.passwordPendingFor = undefined;
    this.refusal = refusal;
    this.knownUsers.clear();
  }

  /** Logs the key in. */
  authorise(userId: number, dcId: number): void {
    this.userId = userId;
    this.dcId = dcId;
    this.transferred = false;
    this.passwordPendingFor = undefined;
    this.refusal = undefined;
  }

  /** Closes all connections that use this key. */
  disconnect(): void {
    for (const session of this.sessions.values()) session.disconnect();
  }
}
