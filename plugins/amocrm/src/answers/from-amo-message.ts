import { type MediaKind, type MessagePart, sanitiseText } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { Answer } from "./answer-box.ts";

const KINDS: Readonly<Record<string, MediaKind>> = {
  picture: "image",
  video: "video",
  audio: "audio",
  voice: "voice",
  file: "document",
  sticker: "sticker",
};

/** What a file is to us, by amoCRM's type of its message; a text with a file is a document. */
export function mediaKindOf(type: string): MediaKind {
  return KINDS[type] ?? "document";
}

/** Our parts of an answer: the file, if there is one, and the text with it. */
export function toParts(answer: Answer, file: StoredFile | undefined): readonly MessagePart[] {
  const { text } = sanitiseText(answer.text);
  const parts: MessagePart[] = file === undefined ? [] : [{ type: "media", kind: mediaKindOf(answer.type), file }];
  if (text !== "" || parts.length === 0) parts.push({ type: "text", text });
  return parts;
}
