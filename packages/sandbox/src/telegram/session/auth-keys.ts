import { AuthKey } from "./auth-key.ts";

/** All authorisation keys of the data centre. They outlive connections, as they do at Telegram. */
export class AuthKeys {
  readonly #keys = new Map<string, AuthKey>();

  add(key: Buffer): AuthKey {
    const authKey = new AuthKey(key);
    this.#keys.set(authKey.id, authKey);
    return authKey;
  }

  /** The key that an encrypted message names in its first eight bytes. */
  find(keyId: Buffer): AuthKey | undefined {
    return this.#keys.get(keyId.toString("hex"));
  }

  /** Keys under which a user is logged in, oldest first. */
  ofUser(userId: number): AuthKey[] {
    return [...this.#keys.values()].filter((key) => key.userId === userId);
  }

  /** The same without those that only fetch files from another data centre. */
  loginsOf(userId: number): AuthKey[] {
    return this.ofUser(userId).filter((key) => !key.transferred);
  }

  /** Destroys a key: whoever uses it gets transport error -404 from now on. */
  forget(authKey: AuthKey): void {
    this.#keys.delete(authKey.id);
  }
}
