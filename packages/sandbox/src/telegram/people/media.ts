import { inspectImage } from "../world/inspect-image.ts";
import type { FileStore } from "../world/file-store.ts";
import type { MediaKind, StoredFile } from "../world/stored-file.ts";

/** A file that a person sends. */
export interface OutgoingMedia {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  readonly fileName?: string;
  /** `document` when not said. Photos must be JPEG, PNG, GIF or WebP. */
  readonly kind?: MediaKind;
  /** Seconds, of voice messages and videos. */
  readonly duration?: number;
}

/** A file in a message that a person holds. */
export interface HeldMedia {
  readonly kind: MediaKind;
  readonly mimeType: string;
  /** Photos have none. */
  readonly fileName?: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Keeps a person's file. Throws for a photo that is no picture. */
export function storeMedia(files: FileStore, media: OutgoingMedia, dcId: number): StoredFile {
  const kind = media.kind ?? "document";
  const bytes = Buffer.from(media.bytes);
  const image = kind === "photo" ? inspectImage(bytes) : undefined;
  if (kind === "photo" && image === undefined)
    throw new Error("A photo must be a JPEG, PNG, GIF or WebP; send other files as a document.");
  return files.add({
    kind,
    bytes,
    mimeType: image?.mimeType ?? media.mimeType,
    fileName: kind === "photo" ? undefined : media.fileName,
    width: image?.width ?? 0,
    height: image?.height ?? 0,
    duration: media.duration ?? 0,
    dcId,
  });
}

export function holdMedia(file: StoredFile): HeldMedia {
  const { kind, mimeType, fileName, bytes } = file;
  return { kind, mimeType, ...(fileName === undefined ? {} : { fileName }), size: bytes.length, bytes };
}
