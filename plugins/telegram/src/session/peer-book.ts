import bigInt from "big-integer";
import { Api } from "telegram";
import type { AccountStore, SavedPeer } from "./account-store.ts";

const KEPT_IN_MEMORY = 5_000;
const MAX_NAME = 500;

interface Entry {
  readonly peer: SavedPeer;
  /** What is stored is the same. */
  stored: boolean;
}

/**
 * The people an account has met. Telegram lets an account write only to those whose access hash it was told, and tells
 * it along with a message, sometimes only with the first one.
 */
export class PeerBook {
  readonly #store: AccountStore;
  readonly #entries = new Map<string, Entry>();

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** Takes note of people that Telegram named. */
  note(users: readonly Api.TypeUser[]): void {
    for (const user of users) {
      // "Min" users come without a usable access hash.
      if (!(user instanceof Api.User) || user.accessHash === undefined || user.accessHash === null || user.min)
        continue;
      const userId = user.id.toString();
      const peer = toPeer(user);
      const known = this.#entries.get(userId);
      this.#entries.delete(userId);
      this.#entries.set(userId, known !== undefined && same(known.peer, peer) ? known : { peer, stored: false });
    }
    this.#forgetOldest();
  }

  /** What is known of a person. */
  async find(userId: string): Promise<SavedPeer | undefined> {
    const known = this.#entries.get(userId);
    if (known !== undefined) return known.peer;
    const peer = await this.#store.peer(userId);
    if (peer !== undefined && !this.#entries.has(userId)) this.#entries.set(userId, { peer, stored: true });
    return this.#entries.get(userId)?.peer;
  }

  /** Resolves when what is known of a person is stored, so that it can be answered after a restart. */
  async keep(userId: string): Promise<void> {
    const entry = this.#entries.get(userId);
    if (entry === undefined || entry.stored) return;
    const stored = await this.#store.peer(userId);
    if (stored === undefined || !same(stored, entry.peer)) await this.#store.savePeer(userId, entry.peer);
    entry.stored = true;
  }

  /** How to name the person to Telegram; `undefined` for somebody the account never met. */
  async inputPeer(userId: string): Promise<Api.InputPeerUser | undefined> {
    const peer = await this.find(userId);
    if (peer === undefined) return undefined;
    return new Api.InputPeerUser({ userId: bigInt(userId), accessHash: bigInt(peer.accessHash) });
  }

  /** Keeps memory bounded. Whoever is forgotten before being stored is asked for again with the next message. */
  #forgetOldest(): void {
    for (const userId of this.#entries.keys()) {
      if (this.#entries.size <= KEPT_IN_MEMORY) return;
      this.#entries.delete(userId);
    }
  }
}

function toPeer(user: Api.User): SavedPeer {
  const fullName = [user.firstName, user.lastName].filter((name) => name !== undefined && name !== null && name !== "");
  const { username, phone } = user;
  return {
    accessHash: (user.accessHash ?? bigInt.zero).toString(),
    name: fullName.join(" ").slice(0, MAX_NAME),
    // Absent fields arrive as null.
    ...(username ? { username: username.toLowerCase() } : {}),
    ...(phone ? { phone: `+${phone.replaceAll(/\D/g, "")}` } : {}),
  };
}

function same(a: SavedPeer, b: SavedPeer): boolean {
  return a.accessHash === b.accessHash && a.name === b.name && a.username === b.username && a.phone === b.phone;
}
