import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";
import type { DeliveryStatus } from "./delivery-status.ts";
import type { MessagePart } from "./message-part.ts";

/** From the customer to us, or from us to the customer. */
export type Direction = "inbound" | "outbound";

/** Who wrote a message. */
export interface Participant {
  readonly kind: "contact" | "user" | "plugin" | "system";
  /** The contact's or user's id, or the plugin's id. */
  readonly id: string;
  /** As shown to the reader at the time. */
  readonly name: string;
}

/** Where an outbound message was written, when that was not our API: `{ system: "amocrm", id: <their message id> }`. */
export interface MessageOrigin {
  readonly system: string;
  readonly id: string;
}

/** One envelope for chat, call and mail. */
export interface Message extends EntityRecord {
  readonly conversationId: string;
  /** The account it came in or goes out on. */
  readonly channelAccountId: string;
  readonly direction: Direction;
  /** Rises densely from 1 within the conversation: the order everybody agrees on. */
  readonly ordinal: number;
  readonly author: Participant;
  readonly parts: readonly MessagePart[];
  readonly replyToId: string | null;
  readonly forwardedFrom: string | null;
  /** The provider's id; null until the provider accepted an outbound message. Unique per channel account. */
  readonly externalId: string | null;
  readonly origin: MessageOrigin | null;
  /** Inbound messages are `delivered` from the start and `read` when somebody read them. */
  readonly status: DeliveryStatus;
  readonly statusAt: Timestamp;
  /** Why it failed, in a sentence. */
  readonly failure: string | null;
  /** Text could not be stored as it came: NUL and lone surrogates were replaced by U+FFFD. */
  readonly sanitised: boolean;
  /** When the author sent it, by the provider's clock. */
  readonly sentAt: Timestamp;
}

export interface MessageRepository extends Repository<Message> {}

export const MessageRepository = contract<MessageRepository>("communication.message-repository", 1);
