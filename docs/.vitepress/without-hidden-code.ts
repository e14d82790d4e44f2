/** Code that lets CI run an example, above or below it: see scripts/check-examples.mjs. It is not for readers. */
const HIDDEN = /<!-- (?:before|after)\n[\s\S]*?\n-->\n*/g;

export function withoutHiddenCode(markdown: string): string {
  return markdown.replaceAll(HIDDEN, "");
}
