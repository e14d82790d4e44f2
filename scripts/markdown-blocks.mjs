/** A fenced block begins with ``` and its language at the start of a line. */
const FENCE = /^(`{3,})([a-z]*)([^\n]*)\n([\s\S]*?)^\1[ \t]*$/gm;
/** The first line of a block may name the file that it stands for: `// src/plugin.ts`, `# .env`, `<!-- page.html -->`. */
const FILE = /^(?:\/\/|#|<!--)\s+((?:[\w.@-]+\/)*[\w.@-]*\.\w+)(?:\s+-->)?\n/;

/** What readers do not see: `<!-- before`, code, `-->` above a block, and `<!-- after` below it and its output. */
const BEFORE = /<!-- before\n([\s\S]*?)\n-->\s*$/;
const AFTER = /^\s*<!-- after\n([\s\S]*?)\n-->/;

/**
 * The fenced blocks of a page in order: `language`, `flags` (the words after it), `code`, `file` when its first line
 * names one, the `line` its code begins at, `output`, the `text` block that directly follows it, and what is hidden
 * `before` and `after` it.
 */
export function blocksOf(markdown) {
  const found = [...markdown.matchAll(FENCE)].map((match) => {
    const [whole, , language, info, code] = match;
    return {
      language,
      flags: info.trim().split(/\s+/).filter(Boolean),
      code,
      file: FILE.exec(code)?.[1],
      line: markdown.slice(0, match.index).split("\n").length + 1,
      end: match.index + whole.length,
      start: match.index,
    };
  });
  return found.map((block, index) => {
    const next = found[index + 1];
    const follows = next?.language === "text" && markdown.slice(block.end, next.start).trim() === "";
    const before = BEFORE.exec(markdown.slice(found[index - 1]?.end ?? 0, block.start))?.[1];
    const after = AFTER.exec(markdown.slice(follows ? next.end : block.end))?.[1];
    return { ...block, output: follows ? next.code : undefined, before, after };
  });
}

/**
 * What is missing of an expected output, or undefined. Its lines must come in this order, others may stand between;
 * `…` in a line stands for any text.
 */
export function missingOutput(expected, actual) {
  const lines = actual.split("\n");
  let from = 0;
  for (const line of expected.split("\n").filter((text) => text.trim() !== "" && text.trim() !== "…")) {
    const pattern = new RegExp(`^\\s*${line.trim().split("…").map(RegExp.escape).join(".*")}\\s*$`);
    const at = lines.findIndex((text, index) => index >= from && pattern.test(text));
    if (at === -1) return line;
    from = at + 1;
  }
  return undefined;
}
