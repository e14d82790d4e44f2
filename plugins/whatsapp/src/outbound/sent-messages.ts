import { proto } from "@whiskeysockets/baileys";
import type { AuthStore } from "../auth/auth-store.ts";

const PREFIX = "sent/";
/** A device that has not asked for a message again after this long will not. */
const KEEP_MS = 14 * 86_400_000;
/** Rows are only looked through for old ones when there are more than this. */
const TIDY_ABOVE = 1_000;
const TIME_BYTES = 8;

/**
 * Messages on their way to customers, until they were delivered: a device that can't decrypt one asks for it again, and
 * gets it even if this process has been replaced meanwhile.
 */
export class SentMessages {
  readonly #store: AuthStore;

  constructor(store: AuthStore) {
    this.#store = store;
  }

  /** Remembers a message, at the latest together with the ratchet that encrypts it. */
  remember(id: string, message: proto.IMessage, now: number): Promise<void> {
    const time = Buffer.alloc(TIME_BYTES);
    time.writeBigUInt64BE(BigInt(now));
    return this.#store.write(new Map([[PREFIX + id, Buffer.concat([time, proto.Message.encode(message).finish()])]]));
  }

  async find(id: string): Promise<proto.IMessage | undefined> {
    const row = (await this.#store.read([PREFIX + id])).get(PREFIX + id);
    return row && proto.Message.decode(row.subarray(TIME_BYTES));
  }

  /** The customer has it. */
  forget(id: string): void {
    this.#store.deleteEventually(PREFIX + id);
  }

  /** Drops what was never delivered and is too old to be asked for. */
  async tidy(now: number): Promise<void> {
    const keys = await this.#store.keys(PREFIX);
    if (keys.length <= TIDY_ABOVE) return;
    for (const [key, row] of await this.#store.read(keys)) {
      const sentAt = Number(Buffer.from(row).readBigUInt64BE());
      if (now - sentAt > KEEP_MS) this.#store.deleteEventually(key);
    }
  }
}
