import type { EventEmitter } from "node:events";
import type { OutgoingContent, PhoneMessage } from "../content/phone-message.ts";
import type { BusinessAccount } from "./account.ts";
import type { PersonOptions } from "./person.ts";

/** How a customer behaves. */
export interface CustomerOptions extends PersonOptions {
  /** Messages carry the LID alone: the business never sees the number. */
  readonly hidePhone?: boolean;
  /** Opens every message at once, so that read receipts go out without `read`. */
  readonly autoRead?: boolean;
}

/** A message on its way. */
export interface SentMessage {
  readonly id: string;
  /** Milliseconds since the epoch, taken before anything else was done. */
  readonly sentAt: number;
}

/** What a customer's phone tells about. */
export interface CustomerEvents {
  /** A message came in and is in the inbox. */
  message: [message: PhoneMessage, account: BusinessAccount];
  /** A message this customer sent was delivered or read. */
  receipt: [message: PhoneMessage, account: BusinessAccount];
}

/** A person who writes to businesses: their phone, and what it holds. */
export interface Customer extends EventEmitter<CustomerEvents> {
  readonly phone: string;
  readonly name: string;
  /** The customer's LID address, `…@lid`. */
  readonly lid: string;
  /**
   * Writes to a business. Messages of one customer leave in the order of the calls. Resolves once the server has them
   * for every device linked at this moment; a device linked later does not see them.
   */
  send(account: BusinessAccount, content: OutgoingContent): Promise<SentMessage>;
  /** The chat with a business as the phone holds it, both directions, in order. */
  inbox(account: BusinessAccount): PhoneMessage[];
  /**
   * Resolves with the first message of any chat, held already or yet to come, that satisfies the predicate. Rejects
   * after `deadlineMs` (10 seconds if not given).
   */
  waitFor(
    predicate: (message: PhoneMessage, account: BusinessAccount) => boolean,
    options?: { deadlineMs?: number },
  ): Promise<PhoneMessage>;
  /** Opens the chat: unread messages become read and their senders are told. Returns how many there were. */
  read(account: BusinessAccount): number;
}
