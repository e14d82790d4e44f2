import type { AuthenticationCreds, SignalDataSet, SignalDataTypeMap, SignalKeyStore } from "@whiskeysockets/baileys";
import type { SecretNamespace } from "@crmessenger/kernel/infrastructure";
import { RecentMap } from "./recent-map.ts";
import { decodeCreds, decodeRow, encodeRow } from "./row-codec.ts";
import { WriteBehind, type Rows } from "./write-behind.ts";

const CREDS = "creds";
/** Rows kept in memory: a busy account uses a few for each of its recent customers. */
const CACHED_ROWS = 5_000;

/** Rows that stay when an account is logged out or linked anew: messages that were decrypted and not yet accepted. */
export const INBOX_PREFIX = "inbox/";

/**
 * The state of one linked device, as rows of its Secrets namespace: `creds`, and `<type>/<id>` for Signal keys. One
 * owner at a time may use it (the kernel's lease sees to that), so what was read stays true and is kept in memory.
 * Every write is committed before its promise resolves; a write that fails ends the use of the store.
 */
export class AuthStore implements SignalKeyStore {
  readonly creds: AuthenticationCreds;
  readonly #namespace: SecretNamespace;
  readonly #rows = new RecentMap<string, Uint8Array | null>(CACHED_ROWS);
  readonly #writer: WriteBehind;

  private constructor(namespace: SecretNamespace, creds: AuthenticationCreds, onFailure: (error: unknown) => void) {
    this.#namespace = namespace;
    this.creds = creds;
    this.#writer = new WriteBehind(namespace, onFailure);
  }

  /** The linked device whose state is stored here; undefined when there is none. */
  static async open(namespace: SecretNamespace, onFailure: (error: unknown) => void): Promise<AuthStore | undefined> {
    const stored = await namespace.get(CREDS);
    return stored && new AuthStore(namespace, decodeCreds(stored.value), onFailure);
  }

  async get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): Promise<Record<string, SignalDataTypeMap[T]>> {
    const rows = await this.read(ids.map((id) => `${type}/${id}`));
    const found: Record<string, SignalDataTypeMap[T]> = {};
    for (const id of ids) {
      const row = rows.get(`${type}/${id}`);
      if (row) found[id] = decodeRow(type, row) as SignalDataTypeMap[T];
    }
    return found;
  }

  set(data: SignalDataSet): Promise<void> {
    const rows = new Map<string, Uint8Array | null>();
    for (const [type, values] of Object.entries(data)) {
      for (const [id, value] of Object.entries(values)) {
        rows.set(`${type}/${id}`, value === null ? null : encodeRow(value));
      }
    }
    return this.write(rows);
  }

  /** Stores the credentials as they are now. */
  saveCreds(): Promise<void> {
    return this.write(new Map([[CREDS, encodeRow(this.creds)]]));
  }

  /** Reads rows by their full names, from memory where they are known. */
  async read(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const unknown = keys.filter((key) => !this.#rows.has(key));
    const fetched = unknown.length > 0 ? await this.#namespace.getMany(unknown) : undefined;
    for (const key of keys) {
      // Written while the read was under way: what was written wins.
      if (!this.#rows.has(key)) this.#rows.set(key, fetched?.get(key)?.value ?? null);
      const row = this.#rows.get(key);
      if (row) found.set(key, row);
    }
    return found;
  }

  /** The full names of the stored rows that begin so, in order. */
  async keys(prefix: string): Promise<string[]> {
    return [...(await this.#namespace.keys(prefix))].sort();
  }

  /** Writes rows by their full names, in one transaction. */
  write(rows: Rows): Promise<void> {
    for (const [key, row] of rows) this.#rows.set(key, row);
    return this.#writer.write(rows);
  }

  /** Deletes a row that does no harm if it stays for a while. */
  deleteEventually(key: string): void {
    this.#rows.set(key, null);
    this.#writer.deleteEventually(key);
  }

  /** Finishes what was asked for and refuses further writes; resolves when none is under way. */
  close(): Promise<void> {
    return this.#writer.close(new Error("The connection this key store belonged to has ended."));
  }

  /** Refuses further writes at once: somebody else may own the account now. */
  abandon(): Promise<void> {
    return this.#writer.abandon(new Error("This process has let go of the account."));
  }
}

/** Forgets a device: everything but messages that still have to be accepted, in one transaction. */
export async function forgetDevice(namespace: SecretNamespace, replacement: Rows = new Map()): Promise<void> {
  const rows = new Map<string, Uint8Array | null>();
  for (const key of await namespace.keys()) if (!key.startsWith(INBOX_PREFIX)) rows.set(key, null);
  for (const [key, row] of replacement) rows.set(key, row);
  await namespace.setMany(rows);
}

/** Stores the credentials of a device that was just linked, in place of whatever device was there. */
export function storeLinkedDevice(namespace: SecretNamespace, creds: AuthenticationCreds, keys: Rows): Promise<void> {
  return forgetDevice(namespace, new Map([...keys, [CREDS, encodeRow(creds)]]));
}
