import type { MediaKind, MessagePart, OutboundMessage } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import { Api } from "telegram";

const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const PHOTO_TYPES = new Set(["image/jpeg", "image/png", "image/webp"]);

/** What is asked of Telegram for one message. */
export interface TelegramDraft {
  readonly text: string;
  readonly media: { readonly kind: MediaKind; readonly file: StoredFile; readonly durationSeconds: number } | undefined;
  readonly replyToId: number | undefined;
}

/** A message for Telegram, or why it can't be one, in a sentence. */
export function fromMessage({
  parts,
  replyToExternalId,
}: OutboundMessage): TelegramDraft | { readonly refusal: string } {
  let text = "";
  let media: TelegramDraft["media"];
  for (const part of parts) {
    if (part.type === "text" && text === "") text = part.text;
    else if (part.type === "media" && media === undefined)
      media = { kind: part.kind, file: part.file, durationSeconds: part.durationSeconds ?? 0 };
    else return { refusal: refusalOf(part) };
  }
  if (media === undefined && text.trim() === "") return { refusal: "Telegram does not send empty messages." };
  const replyToId = replyToExternalId === undefined ? undefined : Number(replyToExternalId);
  return { text, media, replyToId: Number.isInteger(replyToId) ? replyToId : undefined };
}

/** Whether Telegram takes the file as a photo; it shows other pictures as files. */
export function isPhoto({ kind, file }: NonNullable<TelegramDraft["media"]>): boolean {
  return kind === "image" && PHOTO_TYPES.has(file.mimeType) && file.size <= MAX_PHOTO_BYTES;
}

/** An uploaded file as a document of its kind. */
export function documentMedia(
  file: Api.TypeInputFile,
  media: NonNullable<TelegramDraft["media"]>,
): Api.InputMediaUploadedDocument {
  return new Api.InputMediaUploadedDocument({ file, mimeType: media.file.mimeType, attributes: attributesOf(media) });
}

function attributesOf({
  kind,
  file,
  durationSeconds,
}: NonNullable<TelegramDraft["media"]>): Api.TypeDocumentAttribute[] {
  const duration = Math.round(durationSeconds);
  const name = new Api.DocumentAttributeFilename({ fileName: file.fileName ?? "file" });
  switch (kind) {
    case "voice":
      return [new Api.DocumentAttributeAudio({ voice: true, duration })];
    case "audio":
      return [new Api.DocumentAttributeAudio({ duration }), name];
    case "video":
      return [new Api.DocumentAttributeVideo({ duration, w: 0, h: 0, supportsStreaming: true }), name];
    default:
      return [name];
  }
}

function refusalOf(part: MessagePart): string {
  return part.type === "text" || part.type === "media"
    ? "Telegram takes one file and one text a message."
    : `Telegram messages can't have parts of type "${part.type}".`;
}
