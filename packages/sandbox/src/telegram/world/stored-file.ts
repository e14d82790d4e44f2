/** How a message shows a file. */
export type MediaKind = "photo" | "document" | "voice" | "video";

/** A file as Telegram keeps it: the bytes once, however many messages show them. */
export interface StoredFile {
  readonly id: bigint;
  readonly kind: MediaKind;
  readonly bytes: Buffer;
  readonly mimeType: string;
  /** Photos have none. */
  readonly fileName: string | undefined;
  readonly createdAt: number;
  /** The data centre that keeps it: the sender's. */
  readonly dcId: number;
  /** Pixels, of photos and, where the client says so, of videos. */
  readonly width: number;
  readonly height: number;
  /** Seconds, of voice messages and videos; 0 when the sender did not say. */
  readonly duration: number;
}
