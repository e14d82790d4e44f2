import type { Clock, Logger, SecretNamespace } from "@crmessenger/kernel/infrastructure";
import { INBOX_PREFIX, type AuthStore } from "../auth/auth-store.ts";
import { decodeRow } from "../auth/row-codec.ts";
import { isLid, lidAddress, phoneAddress, userOf } from "../jid.ts";
import type { Inbox } from "./inbox.ts";
import { parseInboxRow } from "./inbox-row.ts";

const ID_DIGITS = 17;
const IDS_PER_MS = 1_000;
const BATCH = 200;

/** The stored rows of messages that were decrypted and not yet accepted, in the order they were decrypted. */
export class InboxRows {
  readonly #namespace: SecretNamespace;
  readonly #clock: Clock;
  #last = 0;

  constructor(namespace: SecretNamespace, clock: Clock) {
    this.#namespace = namespace;
    this.#clock = clock;
  }

  /** A name that sorts after all before it, those of earlier processes included. */
  nextId(): string {
    this.#last = Math.max(this.#clock.now() * IDS_PER_MS, this.#last + 1);
    return String(this.#last).padStart(ID_DIGITS, "0");
  }

  /** Hands over what an earlier process left behind. What can't be read stays where it is. */
  async recover(inbox: Inbox, logger: Logger): Promise<void> {
    const keys = [...(await this.#namespace.keys(INBOX_PREFIX))].sort();
    for (let start = 0; start < keys.length; start += BATCH) {
      const batch = keys.slice(start, start + BATCH);
      const rows = await this.#namespace.getMany(batch);
      for (const key of batch) {
        const row = rows.get(key);
        if (row) add(inbox, key, row.value, logger);
      }
      this.#last = Math.max(this.#last, Number(batch.at(-1)?.slice(INBOX_PREFIX.length)));
    }
  }

  /** Deletes the row of an accepted message: with the next write of the connection, or at once without one. */
  forget(key: string, store: AuthStore | undefined): void {
    if (store) return store.deleteEventually(key);
    // Should this fail, the next start finds the row, and the kernel recognises the message as a duplicate.
    this.#namespace.setMany(new Map([[key, null]])).catch(() => undefined);
  }

  /** The other address of a person, as WhatsApp named it at some time: the phone's for a LID, the LID for a phone's. */
  async aliasOf(jid: string, store: AuthStore | undefined): Promise<string | undefined> {
    const id = isLid(jid) ? `${userOf(jid)}_reverse` : userOf(jid);
    const user = store ? (await store.get("lid-mapping", [id]))[id] : await this.#storedMapping(id);
    if (user === undefined) return undefined;
    return isLid(jid) ? phoneAddress(user) : lidAddress(user);
  }

  async #storedMapping(id: string): Promise<string | undefined> {
    const row = await this.#namespace.get(`lid-mapping/${id}`);
    return row && String(decodeRow("lid-mapping", row.value));
  }
}

function add(inbox: Inbox, key: string, stored: Uint8Array, logger: Logger): void {
  try {
    inbox.add(key, parseInboxRow(decodeRow("inbox", stored)));
  } catch {
    logger.error("A stored WhatsApp message can't be read and is left where it is.", { key });
  }
}
