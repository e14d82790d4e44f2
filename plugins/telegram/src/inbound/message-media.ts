import type { MediaKind } from "@crmessenger/kernel/communication";
import { Api } from "telegram";

/** A file that a message shows, and where Telegram keeps it. */
export interface MessageFile {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly fileName?: string;
  readonly durationSeconds?: number;
  /** Bytes. */
  readonly size: number;
  readonly dcId: number;
  readonly location: Api.TypeInputFileLocation;
}

/** The file of a message; `undefined` when it has none, or none any more. */
export function messageFile(message: Api.Message): MessageFile | undefined {
  const { media } = message;
  if (media instanceof Api.MessageMediaPhoto && media.photo instanceof Api.Photo) return photoFile(media.photo);
  if (media instanceof Api.MessageMediaDocument && media.document instanceof Api.Document)
    return documentFile(media.document);
  return undefined;
}

function photoFile(photo: Api.Photo): MessageFile | undefined {
  const largest = photo.sizes.flatMap((size) => photoSize(size)).toSorted((a, b) => b.bytes - a.bytes)[0];
  if (largest === undefined) return undefined;
  const { id, accessHash, fileReference, dcId } = photo;
  return {
    kind: "image",
    // Telegram turns every photo into a JPEG.
    mimeType: "image/jpeg",
    size: largest.bytes,
    dcId,
    location: new Api.InputPhotoFileLocation({ id, accessHash, fileReference, thumbSize: largest.type }),
  };
}

function photoSize(size: Api.TypePhotoSize): Array<{ readonly type: string; readonly bytes: number }> {
  if (size instanceof Api.PhotoSize) return [{ type: size.type, bytes: size.size }];
  if (size instanceof Api.PhotoSizeProgressive) return [{ type: size.type, bytes: Math.max(0, ...size.sizes) }];
  return [];
}

function documentFile(document: Api.Document): MessageFile {
  const { id, accessHash, fileReference, dcId, mimeType } = document;
  const name = document.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeFilename);
  const duration = durationOf(document.attributes);
  return {
    kind: documentKind(document.attributes),
    mimeType: mimeType === "" ? "application/octet-stream" : mimeType,
    ...(name === undefined ? {} : { fileName: name.fileName }),
    ...(duration === undefined ? {} : { durationSeconds: duration }),
    size: document.size.toJSNumber(),
    dcId,
    location: new Api.InputDocumentFileLocation({ id, accessHash, fileReference, thumbSize: "" }),
  };
}

function documentKind(attributes: readonly Api.TypeDocumentAttribute[]): MediaKind {
  const has = (type: new (...args: never[]) => unknown): boolean => attributes.some((one) => one instanceof type);
  if (has(Api.DocumentAttributeSticker)) return "sticker";
  const audio = attributes.find((attribute) => attribute instanceof Api.DocumentAttributeAudio);
  if (audio !== undefined) return audio.voice ? "voice" : "audio";
  return has(Api.DocumentAttributeVideo) || has(Api.DocumentAttributeAnimated) ? "video" : "document";
}

function durationOf(attributes: readonly Api.TypeDocumentAttribute[]): number | undefined {
  for (const attribute of attributes) {
    if (attribute instanceof Api.DocumentAttributeAudio || attribute instanceof Api.DocumentAttributeVideo)
      return attribute.duration > 0 ? attribute.duration : undefined;
  }
  return undefined;
}
