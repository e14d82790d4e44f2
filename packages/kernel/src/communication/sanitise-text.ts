/** Text as PostgreSQL and JSON can hold it, and whether something had to be replaced. */
export interface SanitisedText {
  readonly text: string;
  readonly sanitised: boolean;
}

/** Replaces NUL and lone surrogates by U+FFFD; every other text passes unchanged. Every channel calls it at its edge. */
export function sanitiseText(text: string): SanitisedText {
  const nul = text.includes("\0");
  if (!nul && text.isWellFormed()) return { text, sanitised: false };
  return { text: (nul ? text.replaceAll("\0", "\uFFFD") : text).toWellFormed(), sanitised: true };
}
