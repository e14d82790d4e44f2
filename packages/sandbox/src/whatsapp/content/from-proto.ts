import { normalizeMessageContent, toNumber, type proto } from "@whiskeysockets/baileys";
import type { MediaHost } from "../media/media-host.ts";
import { openMedia } from "../media/media-cipher.ts";
import type { MediaKind, PhoneMedia } from "./phone-message.ts";

/** What a phone shows of a decrypted message. */
export interface ReadContent {
  readonly text: string;
  readonly media?: PhoneMedia;
  readonly replyTo?: string;
}

/** The fields every kind of media message has; captions and file names are those of the kinds that carry them. */
interface MediaFields {
  readonly directPath?: string | null;
  readonly mimetype?: string | null;
  readonly mediaKey?: Uint8Array | null;
  readonly fileSha256?: Uint8Array | null;
  readonly fileEncSha256?: Uint8Array | null;
  readonly fileLength?: Parameters<typeof toNumber>[0];
  readonly caption?: string | null;
  readonly fileName?: string | null;
  readonly contextInfo?: proto.IContextInfo | null;
}

/** Reads a message of any kind; kinds that carry neither text nor media come out with an empty text. */
export function fromProto(message: proto.IMessage, mediaHost: MediaHost): ReadContent {
  const content = normalizeMessageContent(message) ?? message;
  const found = mediaOf(content);
  const text = found ? found.fields.caption : (content.extendedTextMessage?.text ?? content.conversation);
  const contextInfo = found ? found.fields.contextInfo : content.extendedTextMessage?.contextInfo;
  return {
    text: text ?? "",
    ...(found ? { media: phoneMedia(found.kind, found.fields, mediaHost) } : {}),
    ...(contextInfo?.stanzaId ? { replyTo: contextInfo.stanzaId } : {}),
  };
}

function mediaOf(content: proto.IMessage): { kind: MediaKind; fields: MediaFields } | undefined {
  if (content.imageMessage) return { kind: "image", fields: content.imageMessage };
  if (content.videoMessage) return { kind: "video", fields: content.videoMessage };
  if (content.audioMessage) return { kind: content.audioMessage.ptt ? "voice" : "audio", fields: content.audioMessage };
  if (content.documentMessage) return { kind: "document", fields: content.documentMessage };
  if (content.stickerMessage) return { kind: "sticker", fields: content.stickerMessage };
  return undefined;
}

function phoneMedia(kind: MediaKind, fields: MediaFields, mediaHost: MediaHost): PhoneMedia {
  return {
    kind,
    mimeType: fields.mimetype ?? "application/octet-stream",
    size: toNumber(fields.fileLength),
    ...(fields.fileName ? { fileName: fields.fileName } : {}),
    read: () => {
      const blob = mediaHost.get(fields.directPath ?? "");
      if (!blob) throw new Error("The media host no longer has this file.");
      return openMedia(
        {
          blob,
          mediaKey: Buffer.from(fields.mediaKey ?? []),
          fileSha256: Buffer.from(fields.fileSha256 ?? []),
          fileEncSha256: Buffer.from(fields.fileEncSha256 ?? []),
        },
        kind,
      );
    },
  };
}
