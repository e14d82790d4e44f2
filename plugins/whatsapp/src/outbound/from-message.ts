import type { proto } from "@whiskeysockets/baileys";
import type { MediaKind, MessagePart, OutboundMessage } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";

/** The message being answered, as far as it is remembered. */
export interface Quoted {
  readonly id: string;
  /** The address of who wrote it. */
  readonly author: string;
  readonly message: proto.IMessage;
}

/** A file that was encrypted and uploaded. */
export interface UploadedFile {
  readonly url: string;
  readonly directPath: string;
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileLength: number;
}

/** What a message on its way out consists of: one file at most, and a text. */
export interface OutboundContent {
  readonly text: string | undefined;
  readonly media:
    | { readonly kind: MediaKind; readonly file: StoredFile; readonly durationSeconds?: number }
    | undefined;
}

/** Splits a message into its text and its file; undefined when it holds what WhatsApp has no form for. */
export function outboundContent(message: OutboundMessage): OutboundContent | undefined {
  const media = message.parts.filter((part) => part.type === "media");
  const texts = message.parts.map((part) => textOf(part)).filter((text) => text !== undefined);
  if (media.length > 1 || texts.length + media.length !== message.parts.length) return undefined;
  const [file] = media;
  const text = texts.length === 0 ? undefined : texts.join("\n");
  if (!file && text === undefined) return undefined;
  return { text, media: file };
}

/** What a part says in plain text. */
function textOf(part: MessagePart): string | undefined {
  switch (part.type) {
    case "text":
      return part.text;
    case "buttons":
      return [part.text, ...part.buttons.map((button) => `• ${button.label}`)].join("\n");
    case "location":
      return [part.title, `${part.latitude}, ${part.longitude}`].filter(Boolean).join("\n");
    case "contact":
      return [part.name, ...part.phones].join("\n");
    default:
      return undefined;
  }
}

/** Builds what is encrypted: a text alone, or the uploaded file with its caption. */
export function toProto(content: OutboundContent, uploaded?: UploadedFile, quoted?: Quoted): proto.IMessage {
  const contextInfo = quoted && { stanzaId: quoted.id, participant: quoted.author, quotedMessage: quoted.message };
  const context = contextInfo ? { contextInfo } : {};
  const { text, media } = content;
  if (!media || !uploaded) {
    return contextInfo ? { extendedTextMessage: { text: text ?? "", contextInfo } } : { conversation: text ?? "" };
  }
  const common = { ...uploaded, ...context, mimetype: media.file.mimeType };
  const caption = text === undefined ? {} : { caption: text };
  const seconds = media.durationSeconds === undefined ? {} : { seconds: Math.round(media.durationSeconds) };
  switch (media.kind) {
    case "image":
      return { imageMessage: { ...common, ...caption } };
    case "video":
      return { videoMessage: { ...common, ...caption, ...seconds } };
    case "voice":
      return { audioMessage: { ...common, ...seconds, ptt: true } };
    case "audio":
      return { audioMessage: { ...common, ...seconds, ptt: false } };
    case "sticker":
      return { stickerMessage: common };
    case "document":
      return documentWithCaption({ ...common, fileName: media.file.fileName ?? "document" }, text);
  }
}

/** A document with a caption travels in a wrapper. */
function documentWithCaption(
  documentMessage: proto.Message.IDocumentMessage,
  caption: string | undefined,
): proto.IMessage {
  if (caption === undefined) return { documentMessage };
  return { documentWithCaptionMessage: { message: { documentMessage: { ...documentMessage, caption } } } };
}
