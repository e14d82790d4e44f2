import { ScaffoldError } from "../scaffold-error.ts";

/** A line of its own, in the comment syntax of the file: `// #if telegram`, `# #if postgres`, `<!-- #end -->`. */
const MARK = /^\s*(?:\/\/|#|<!--)\s*#(if|else|end)\b\s*([^>]*?)\s*(?:-->)?\s*$/;
const CONDITION = /^!?[a-z][a-z0-9-]*$/;

/**
 * Leaves out the lines between `#if <flag>` and `#end` whose flag is not set, and the marks themselves. Conditions are
 * one flag, or `!` and a flag; they nest, and may have an `#else`.
 */
export function selectLines(text: string, flags: ReadonlySet<string>, file: string): string {
  const open: boolean[] = [];
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const [, mark, condition = ""] = MARK.exec(line) ?? [];
    if (mark === "if") open.push(holds(condition, flags, file));
    else if (mark === "else") open.push(!open.pop());
    else if (mark === "end") close(open, file);
    else if (open.every(Boolean)) kept.push(line);
  }
  if (open.length > 0) throw broken(file, "an #if has no #end");
  return kept.join("\n");
}

function close(open: boolean[], file: string): void {
  if (open.pop() === undefined) throw broken(file, "an #end has no #if");
}

function holds(condition: string, flags: ReadonlySet<string>, file: string): boolean {
  if (!CONDITION.test(condition)) throw broken(file, `"${condition}" is no condition`);
  return condition.startsWith("!") ? !flags.has(condition.slice(1)) : flags.has(condition);
}

function broken(file: string, why: string): ScaffoldError {
  return new ScaffoldError("CRM_SCAFFOLD_TEMPLATE", `The template ${file} is broken: ${why}.`);
}
