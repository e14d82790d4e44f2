import type { MessagePart } from "@crmessenger/kernel/communication";

const MAX_CHARACTERS = 120;

/** A line of what a message says: its first text, or what kind of thing it is. */
export function previewOf(parts: readonly MessagePart[]): string {
  for (const part of parts)
    if ((part.type === "text" || part.type === "buttons") && part.text !== "") return shorten(part.text);
  const [first] = parts;
  return first?.type === "media" ? first.kind : (first?.type ?? "");
}

/** Cuts between code points, never inside one. */
function shorten(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${Array.from(text.slice(0, 2 * MAX_CHARACTERS))
    .slice(0, MAX_CHARACTERS - 1)
    .join("")}…`;
}
