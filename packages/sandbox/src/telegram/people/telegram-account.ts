import type { UpdatePump } from "../rpc/update-pump.ts";
import type { AuthKeys } from "../session/auth-keys.ts";
import type { LoginTokens } from "../session/login-tokens.ts";
import type { FileStore } from "../world/file-store.ts";
import type { Person } from "../world/person.ts";
import type { World } from "../world/world.ts";
import { Logins, type LoginInfo, type Revocation } from "./logins.ts";
import { TelegramPerson } from "./telegram-person.ts";

/** What an account's phone works with. */
export interface AccountParts {
  readonly world: World;
  readonly files: FileStore;
  readonly authKeys: AuthKeys;
  readonly loginTokens: LoginTokens;
  readonly updates: UpdatePump;
}

/** A bot: clients log in as it with its token. */
export class TelegramBot extends TelegramPerson {
  readonly token: string;
  readonly #logins: Logins;

  constructor(person: Person, parts: AccountParts) {
    super(person, parts.world, parts.files);
    this.token = person.token ?? "";
    this.#logins = new Logins(parts.authKeys, person.id);
  }

  /** The clients that are logged in. */
  sessions(): LoginInfo[] {
    return this.#logins.list();
  }

  /** Ends all logins, `unregistered` when not said. */
  revokeSessions(how: Revocation = "unregistered"): void {
    this.#logins.revoke(how);
  }
}

/**
 * A business's own account. This object is its owner's phone: it scans QR codes, ends logins, and may write to customers
 * itself, which logged-in clients then learn as messages they did not send.
 */
export class TelegramAccount extends TelegramPerson {
  readonly #logins: Logins;
  readonly #loginTokens: LoginTokens;
  readonly #updates: UpdatePump;

  constructor(person: Person, parts: AccountParts) {
    super(person, parts.world, parts.files);
    this.#logins = new Logins(parts.authKeys, person.id);
    this.#loginTokens = parts.loginTokens;
    this.#updates = parts.updates;
  }

  /**
   * Scans a QR code (`tg://login?token=…`) with the phone and confirms the login. Resolves when the client has been told;
   * with a password, the client still has to show it. Rejects, saying why, for anything that a phone would refuse: no
   * login code, an unknown, stale, expired or used one.
   */
  async scan(url: string): Promise<void> {
    const token = /^tg:\/\/login\?token=([\w-]+)=*$/.exec(url)?.[1];
    if (token === undefined) throw new Error("This is no Telegram login code: it must read tg://login?token=….");
    const accepted = this.#loginTokens.accept(Buffer.from(token, "base64url"), this.id);
    this.#updates.loginTokenAccepted(accepted.authKey);
  }

  /** The clients that are logged in ("Devices"). */
  sessions(): LoginInfo[] {
    return this.#logins.list();
  }

  /** Ends all logins ("Terminate all other sessions"), `unregistered` when not said. */
  revokeSessions(how: Revocation = "unregistered"): void {
    this.#logins.revoke(how);
  }
}
