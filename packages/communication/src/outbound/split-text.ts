/**
 * Cuts a text into pieces of at most `limit` UTF-16 units, which is what messengers count. It prefers the end of a
 * paragraph, then of a line, then of a word, and never cuts a surrogate pair. Joined, the pieces are the text.
 */
export function splitText(text: string, limit: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const end = cut(rest, limit);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest];
}

function cut(text: string, limit: number): number {
  const window = text.slice(0, limit);
  for (const separator of ["\n\n", "\n", " "]) {
    const at = window.lastIndexOf(separator);
    if (at >= limit / 2) return at + separator.length;
  }
  const last = text.charCodeAt(limit - 1);
  return last >= 0xd800 && last <= 0xdbff && limit > 1 ? limit - 1 : Math.max(1, limit);
}
