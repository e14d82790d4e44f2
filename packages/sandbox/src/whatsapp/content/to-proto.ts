import type { proto } from "@whiskeysockets/baileys";
import type { MediaHost } from "../media/media-host.ts";
import { sealMedia } from "../media/media-cipher.ts";
import type { MediaKind, OutgoingContent, OutgoingMedia } from "./phone-message.ts";

/** The message a quote points at. */
export interface Quoted {
  readonly id: string;
  /** Who wrote it, by LID. */
  readonly author: string;
  readonly message: proto.IMessage;
}

/** Builds what a phone encrypts. Media is uploaded to the host first, as a phone does. */
export function toProto(content: OutgoingContent, mediaHost: MediaHost, quoted?: Quoted): proto.IMessage {
  const contextInfo = quoted
    ? { stanzaId: quoted.id, participant: quoted.author, quotedMessage: quoted.message }
    : undefined;
  if (content.media) return mediaMessage(content, content.media, { mediaHost, contextInfo });
  const text = content.text ?? "";
  return contextInfo ? { extendedTextMessage: { text, contextInfo } } : { conversation: text };
}

interface MediaContext {
  readonly mediaHost: MediaHost;
  readonly contextInfo: proto.IContextInfo | undefined;
}

function mediaMessage(content: OutgoingContent, media: OutgoingMedia, context: MediaContext): proto.IMessage {
  const kind = media.kind ?? kindOf(media.mimeType);
  const sealed = sealMedia(media.bytes, kind);
  const directPath = context.mediaHost.put(sealed.blob);
  const common = {
    url: context.mediaHost.url(directPath),
    directPath,
    mimetype: media.mimeType,
    mediaKey: sealed.mediaKey,
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    fileSha256: sealed.fileSha256,
    fileEncSha256: sealed.fileEncSha256,
    fileLength: media.bytes.length,
    ...(context.contextInfo ? { contextInfo: context.contextInfo } : {}),
  };
  const caption = content.text === undefined ? {} : { caption: content.text };
  switch (kind) {
    case "image":
      return { imageMessage: { ...common, ...caption } };
    case "video":
      return { videoMessage: { ...common, ...caption } };
    case "voice":
      return { audioMessage: { ...common, ptt: true, seconds: 1 } };
    case "audio":
      return { audioMessage: { ...common, ptt: false, seconds: 1 } };
    case "sticker":
      return { stickerMessage: common };
    case "document":
      return withCaption({ ...common, fileName: media.fileName ?? "document" }, content.text);
  }
}

/** A document with a caption travels inside a wrapper; one without does not. */
function withCaption(documentMessage: proto.Message.IDocumentMessage, caption: string | undefined): proto.IMessage {
  if (caption === undefined) return { documentMessage };
  return { documentWithCaptionMessage: { message: { documentMessage: { ...documentMessage, caption } } } };
}

function kindOf(mimeType: string): MediaKind {
  if (mimeType.startsWith("image/")) return "image";
  if (mimeType.startsWith("video/")) return "video";
  if (mimeType.startsWith("audio/ogg")) return "voice";
  if (mimeType.startsWith("audio/")) return "audio";
  return "document";
}
