import type { MessagePart } from "./message-part.ts";

const LENGTH = 120;

/** The first words of a message, for a line of a list or a timeline. */
export function previewOf(parts: readonly MessagePart[]): string {
  const text = parts.find((part) => part.type === "text")?.text ?? "";
  if (text !== "") return text.length > LENGTH ? `${text.slice(0, LENGTH).toWellFormed()}…` : text;
  const media = parts.find((part) => part.type === "media");
  return media ? `[${media.kind}]` : `[${parts[0]?.type ?? "empty"}]`;
}
