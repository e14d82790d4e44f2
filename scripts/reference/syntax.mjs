import { readFileSync } from "node:fs";
import { parseSync } from "rolldown/utils";

const parsed = new Map();

/** A TypeScript file as its syntax tree, its comments and its text. */
export function parseFile(path) {
  const known = parsed.get(path);
  if (known) return known;
  const text = readFileSync(path, "utf8");
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  const file = { path, text, program, comments };
  parsed.set(path, file);
  return file;
}

/** Calls `visit(node, ancestors)` for every node; ancestors end with the parent. */
export function walk(node, visit, ancestors = []) {
  if (Array.isArray(node)) {
    for (const child of node) walk(child, visit, ancestors);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  const isNode = typeof node.type === "string";
  if (isNode) visit(node, ancestors);
  const inner = isNode ? [...ancestors, node] : ancestors;
  for (const [key, child] of Object.entries(node)) {
    if (key !== "type" && typeof child === "object" && child !== null) walk(child, visit, inner);
  }
}

/** The doc comment right before a position, as its text without stars; empty when there is none. */
export function docBefore(file, start) {
  const comment = docCommentBefore(file, start);
  return comment ? docText(comment) : "";
}

/** The doc comment right before a position. */
export function docCommentBefore({ comments, text }, start) {
  const comment = comments.findLast(({ end }) => end <= start);
  if (!comment || comment.type !== "Block" || !comment.value.startsWith("*")) return undefined;
  return /^\s*$/.test(text.slice(comment.end, start)) ? comment : undefined;
}

/** A doc comment as paragraphs and lists: lines of one paragraph are joined. */
export function docText({ value }) {
  const lines = value
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const blocks = [];
  for (const line of lines) {
    const text = line.trim();
    if (text === "") blocks.push("");
    else if (text.startsWith("- ") || blocks.length === 0 || blocks.at(-1) === "") blocks.push(text);
    else blocks[blocks.length - 1] += ` ${text}`;
  }
  return blocks
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** The top-level declarations of a file: name → { node, statement, exported }. */
export function declarationsOf({ program }) {
  const found = [];
  for (const statement of program.body) {
    const exported = statement.type === "ExportNamedDeclaration";
    const node = exported ? statement.declaration : statement;
    if (!node) continue;
    if (node.type === "VariableDeclaration") {
      for (const declarator of node.declarations)
        if (declarator.id.type === "Identifier")
          found.push({ name: declarator.id.name, node: declarator, statement, exported });
    } else if (node.id?.type === "Identifier") found.push({ name: node.id.name, node, statement, exported });
  }
  return found;
}

/** A literal or template as text, with `…` for what is computed; undefined for anything else. */
export function textOf(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked).join("…");
  if (node?.type === "BinaryExpression" && node.operator === "+") {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined && right === undefined ? undefined : `${left ?? "…"}${right ?? "…"}`;
  }
  return undefined;
}

/** The value of a property in an object literal, as its node. */
export function propertyOf(node, name) {
  if (node?.type !== "ObjectExpression") return undefined;
  return node.properties.find(({ type, key }) => type === "Property" && (key.name ?? key.value) === name)?.value;
}
