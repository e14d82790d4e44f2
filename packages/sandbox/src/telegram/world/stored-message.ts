import type { StoredFile } from "./stored-file.ts";

/**
 * One side's copy of a message. In private chats each side counts message ids for itself, over all its chats, so the
 * two copies of one message have different ids.
 */
export interface StoredMessage {
  readonly id: number;
  /** Whose copy this is. */
  readonly ownerId: number;
  /** The other side of the chat. */
  readonly peerId: number;
  /** Written by the owner. */
  readonly out: boolean;
  /** Milliseconds of unix time. */
  readonly sentAt: number;
  text: string;
  /** Formatting as the writer's client sent it: TL MessageEntity objects, passed on untouched. */
  entities: readonly unknown[];
  readonly media: StoredFile | undefined;
  /** The id, on this side, of the message that this one answers. */
  readonly replyTo: number | undefined;
  /** The writer's idempotency key (decimal), on the writer's copy and on the reader's. */
  readonly randomId: string | undefined;
  /** The authorisation key under which it was written, on the writer's copy. */
  readonly writtenUnder: string | undefined;
  editedAt: number | undefined;
  /** When the reader read it, on both copies. */
  readAt: number | undefined;
  /** The other side's copy; none in a chat with oneself. */
  twin: StoredMessage | undefined;
}
