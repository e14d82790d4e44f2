import type { proto } from "@whiskeysockets/baileys";

/** How WhatsApp shows a file. `voice` is a recording with a waveform, `audio` a music file. */
export type MediaKind = "image" | "video" | "voice" | "audio" | "document" | "sticker";

/** A file a person sends. */
export interface OutgoingMedia {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  /** Shown for documents only. */
  readonly fileName?: string;
  /** By default it follows the media type: images, videos and audio as such (Ogg as a voice message), the rest as documents. */
  readonly kind?: MediaKind;
}

/** What a person writes. `text` is the caption when there is media. */
export interface OutgoingContent {
  readonly text?: string;
  readonly media?: OutgoingMedia;
  /** The id of a message of this chat that this one answers. */
  readonly replyTo?: string;
}

/** A file as the phone holds it. */
export interface PhoneMedia {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly fileName?: string;
  /** The size the sender stated, in bytes. */
  readonly size: number;
  /** Downloads, checks and decrypts. Throws when the file is gone or is not what the message promised. */
  read(): Uint8Array;
}

/** One message of a chat, as the phone shows it. Times are milliseconds since the epoch. */
export interface PhoneMessage {
  readonly id: string;
  /** From the phone's own point of view. */
  readonly direction: "sent" | "received";
  /** The text or the caption; empty when there is none. */
  readonly text: string;
  readonly media?: PhoneMedia;
  /** The id of the message this one quotes. */
  readonly replyTo?: string;
  /** When the phone sent it (the sender's own clock, whole seconds on the wire) or received it. */
  readonly at: number;
  /** Sent: when the first of the other side's devices confirmed it. */
  deliveredAt?: number;
  /** Sent: when the other side read it. Received: when this person did. */
  readAt?: number;
  /** The message as it came over the wire, for what the fields above do not show. */
  readonly raw: proto.IMessage;
}
