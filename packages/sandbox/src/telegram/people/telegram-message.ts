import type { StoredMessage } from "../world/stored-message.ts";
import { holdMedia, type HeldMedia, type OutgoingMedia } from "./media.ts";

/** What a person writes. */
export interface OutgoingMessage {
  readonly text: string;
  readonly media?: OutgoingMedia;
  /** The writer's id of the message that this answers. */
  readonly replyTo?: number;
}

/** What became of it. */
export interface SentMessage {
  /** The id on the writer's side. */
  readonly id: number;
  /** The id on the other side. */
  readonly peerMessageId: number;
  /** Milliseconds of unix time. */
  readonly sentAt: number;
}

/** A message as a person's phone shows it. Times are milliseconds of unix time. */
export interface TelegramMessage {
  /** The id on this person's side. */
  readonly id: number;
  /** The id on the other side. */
  readonly peerMessageId: number;
  /** The user id of the other side. */
  readonly peerId: number;
  /** `in` when the other side wrote it. */
  readonly direction: "in" | "out";
  readonly text: string;
  readonly media?: HeldMedia;
  /** The id, on this side, of the message that this answers. */
  readonly replyTo?: number;
  /** The idempotency key (decimal) of a message written through the API. */
  readonly randomId?: string;
  readonly receivedAt: number;
  readonly editedAt?: number;
  /** When the one it was written to read it. */
  readonly readAt?: number;
}

export function toTelegramMessage(message: StoredMessage): TelegramMessage {
  const { media, replyTo, randomId, editedAt, readAt } = message;
  return {
    id: message.id,
    peerMessageId: message.twin?.id ?? message.id,
    peerId: message.peerId,
    direction: message.out ? "out" : "in",
    text: message.text,
    ...(media === undefined ? {} : { media: holdMedia(media) }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(randomId === undefined ? {} : { randomId }),
    receivedAt: message.sentAt,
    ...(editedAt === undefined ? {} : { editedAt }),
    ...(readAt === undefined ? {} : { readAt }),
  };
}
