import { normalizeMessageContent, toNumber, type proto } from "@whiskeysockets/baileys";
import type { MediaKind } from "@crmessenger/kernel/communication";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";

/** A file a message points at: where its encrypted bytes lie and what opens them. */
export interface RemoteFile {
  readonly kind: MediaKind;
  readonly directPath: string;
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  /** Bytes, as the sender states them. */
  readonly size: number;
  readonly mimeType: string;
  readonly fileName?: string;
  readonly durationSeconds?: number;
}

/** What a message shows, apart from who sent it. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "file"; readonly file: RemoteFile }
  | { readonly type: "location"; readonly latitude: number; readonly longitude: number; readonly title?: string }
  | { readonly type: "contact"; readonly name: string; readonly phones: readonly string[] }
  | { readonly type: "unsupported"; readonly description: string; readonly raw: JsonObject };

/** The parts of a message with what its context says. */
export interface Content {
  readonly parts: readonly ContentPart[];
  readonly replyTo?: string;
  readonly forwarded: boolean;
  /** Where the customer came from, when they followed an advertisement. */
  readonly referrer?: string;
}

/** Reads any message. What it has no word for becomes an unsupported part; nothing is dropped. */
export function readContent(message: proto.IMessage): Content {
  const content = normalizeMessageContent(message) ?? {};
  const context = contextOf(content);
  const referrer = context?.externalAdReply?.sourceUrl;
  return {
    parts: partsOf(content),
    forwarded: context?.isForwarded ?? false,
    ...(context?.stanzaId ? { replyTo: context.stanzaId } : {}),
    ...(referrer ? { referrer } : {}),
  };
}

function partsOf(content: proto.IMessage): ContentPart[] {
  const text = textOf(content);
  if (text !== undefined) return [{ type: "text", text }];
  return mediaParts(content) ?? locationParts(content) ?? contactParts(content) ?? [unsupported(content)];
}

function textOf(content: proto.IMessage): string | undefined {
  return (
    content.extendedTextMessage?.text ??
    content.conversation ??
    content.buttonsResponseMessage?.selectedDisplayText ??
    content.templateButtonReplyMessage?.selectedDisplayText ??
    content.listResponseMessage?.title ??
    undefined
  );
}

type MediaFields = proto.Message.IImageMessage & proto.Message.IDocumentMessage & proto.Message.IAudioMessage;

function mediaParts(content: proto.IMessage): ContentPart[] | undefined {
  const [kind, fields] = mediaOf(content);
  if (!kind || !fields) return undefined;
  const { directPath, mediaKey, fileSha256, caption } = fields;
  const captions: ContentPart[] = caption ? [{ type: "text", text: caption }] : [];
  if (!directPath || !mediaKey?.length || !fileSha256?.length) {
    return [
      ...captions,
      {
        type: "unsupported",
        description: `A file (${kind}) that WhatsApp sent without its whereabouts`,
        raw: { kind },
      },
    ];
  }
  const file: RemoteFile = {
    kind,
    directPath,
    mediaKey,
    fileSha256,
    size: toNumber(fields.fileLength),
    mimeType: mimeTypeOf(fields.mimetype),
    ...(fields.fileName ? { fileName: fields.fileName } : {}),
    ...(fields.seconds ? { durationSeconds: fields.seconds } : {}),
  };
  return [{ type: "file", file }, ...captions];
}

function mimeTypeOf(stated: string | null | undefined): string {
  const usable = /^[\w.+-]+\/[\w.+-]+(\s*;[\x20-\x7e]*)?$/.test(stated ?? "") && (stated ?? "").length <= 200;
  return usable ? (stated ?? "") : "application/octet-stream";
}

function mediaOf(content: proto.IMessage): [MediaKind, MediaFields] | [] {
  if (content.imageMessage) return ["image", content.imageMessage];
  if (content.videoMessage) return ["video", content.videoMessage];
  if (content.ptvMessage) return ["video", content.ptvMessage];
  if (content.audioMessage) return [content.audioMessage.ptt ? "voice" : "audio", content.audioMessage];
  if (content.documentMessage) return ["document", content.documentMessage];
  if (content.stickerMessage) return ["sticker", content.stickerMessage];
  return [];
}

function locationParts(content: proto.IMessage): ContentPart[] | undefined {
  const location = content.locationMessage ?? content.liveLocationMessage;
  if (!location) return undefined;
  const { degreesLatitude: latitude, degreesLongitude: longitude } = location;
  if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return undefined;
  const title =
    content.locationMessage?.name || content.locationMessage?.address || content.liveLocationMessage?.caption;
  return [{ type: "location", latitude, longitude, ...(title ? { title } : {}) }];
}

function isWithin(degrees: number | null | undefined, limit: number): degrees is number {
  return typeof degrees === "number" && Math.abs(degrees) <= limit;
}

function contactParts(content: proto.IMessage): ContentPart[] | undefined {
  const contacts = content.contactsArrayMessage?.contacts ?? (content.contactMessage ? [content.contactMessage] : []);
  if (contacts.length === 0) return undefined;
  return contacts.map(({ displayName, vcard }) => ({
    type: "contact",
    name: displayName ?? "",
    phones: phonesOf(vcard ?? ""),
  }));
}

/** The numbers of a vCard: the value of each TEL line, whatever its parameters. */
function phonesOf(vcard: string): string[] {
  return [...vcard.matchAll(/^(?:item\d+\.)?TEL[^:\r\n]*:(?:tel:)?([^\r\n]+)/gim)].map(
    (match) => match[1]?.trim() ?? "",
  );
}

function unsupported(content: proto.IMessage): ContentPart {
  const { reactionMessage, protocolMessage, pollCreationMessage, pollCreationMessageV3 } = content;
  if (reactionMessage) {
    const { text, key } = reactionMessage;
    const description = text ? `Reacted with ${text}` : "Took a reaction back";
    return { type: "unsupported", description, raw: { reaction: text ?? "", messageId: key?.id ?? "" } };
  }
  if (protocolMessage) return changed(protocolMessage);
  const poll = pollCreationMessage ?? pollCreationMessageV3;
  if (poll) {
    const options = (poll.options ?? []).map((option) => option.optionName ?? "");
    return { type: "unsupported", description: `A poll: ${poll.name ?? ""}`, raw: { poll: poll.name ?? "", options } };
  }
  const kinds = Object.keys(content).filter((field) => field !== "messageContextInfo");
  return { type: "unsupported", description: `A message of a kind this channel can't show`, raw: { kinds } };
}

function changed(protocol: proto.Message.IProtocolMessage): ContentPart {
  const messageId = protocol.key?.id ?? "";
  if (!protocol.editedMessage) return { type: "unsupported", description: "Deleted a message", raw: { messageId } };
  const text = textOf(normalizeMessageContent(protocol.editedMessage) ?? {}) ?? "";
  return { type: "unsupported", description: "Edited a message", raw: { messageId, text } };
}

function contextOf(content: proto.IMessage): proto.IContextInfo | null | undefined {
  const [, media] = mediaOf(content);
  return (
    content.extendedTextMessage?.contextInfo ??
    media?.contextInfo ??
    content.locationMessage?.contextInfo ??
    content.contactMessage?.contextInfo ??
    content.buttonsResponseMessage?.contextInfo
  );
}
