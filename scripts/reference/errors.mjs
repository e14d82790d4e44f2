import { readFileSync } from "node:fs";
import { byName, cell, code, page, table } from "./markdown.mjs";
import { declarationsOf, docText, propertyOf, textOf, walk } from "./syntax.mjs";

const CODE = /^CRM_[A-Z0-9]+(_[A-Z0-9…]+)+$/;
const MENTION = /\bCRM_[A-Z0-9]+(?:_[A-Z0-9]+)+\b/g;
/** Calls that look at a code instead of making an error. */
const READERS = new Set(["isCrmError", "has", "includes", "get", "set", "add", "test", "startsWith", "endsWith"]);

/** Every error code: where errors of it are made, with message and status, and what doc comments say of it. */
export function errorCodesOf(packages) {
  const codes = new Map();
  const entry = (name) => {
    if (!codes.has(name)) codes.set(name, { made: [], mentions: [] });
    return codes.get(name);
  };
  for (const owner of packages) {
    const knowledge = knowledgeOf(owner);
    for (const file of owner.files) {
      for (const found of madeIn(file, knowledge)) entry(found.code).made.push({ ...found, owner, file });
      for (const { name, sentence } of mentionsIn(file)) entry(name).mentions.push({ sentence, owner, file });
    }
  }
  return codes;
}

/** What the functions of a package reveal about codes that travel through variables and parameters. */
function knowledgeOf({ files }) {
  const constants = new Map();
  const makers = new Map();
  const calls = new Map();
  for (const file of files) {
    for (const { name, node } of declarationsOf(file))
      if (CODE.test(textOf(node.init) ?? "")) constants.set(name, node.init);
    walk(file.program, (node, ancestors) => {
      if (node.type === "CallExpression") {
        const name = calleeOf(node);
        calls.set(name, [...(calls.get(name) ?? []), node.arguments]);
      }
      if (node.type !== "NewExpression" || node.callee.name !== "CrmError") return;
      const [first, message, options] = node.arguments;
      const name = nameOf(enclosing(ancestors));
      if (name && parameterAt(enclosing(ancestors), first) >= 0)
        makers.set(name, { message: textOf(message), options });
    });
  }
  return { constants, makers, calls };
}

const calleeOf = ({ callee }) => callee.name ?? callee.property?.name ?? "";
const enclosing = (ancestors) => ancestors.findLast(({ type }) => /Function/.test(type));
const nameOf = (fn) => fn?.id?.name;
const parameterAt = (fn, node) =>
  node?.type === "Identifier"
    ? (fn?.params ?? []).findIndex((parameter) => (parameter.left ?? parameter).name === node.name)
    : -1;

function madeIn(file, knowledge) {
  const found = [];
  walk(file.program, (node, ancestors) => {
    if (node.type === "ObjectExpression") found.push(...plainErrors(node, enclosing(ancestors), knowledge));
    if (node.type !== "CallExpression" && node.type !== "NewExpression") return;
    const callee = calleeOf(node);
    if (READERS.has(callee)) return;
    const fn = enclosing(ancestors);
    const at = node.arguments.findIndex((argument) => codesIn(argument, fn, knowledge).length > 0);
    if (at < 0) return;
    const rest = node.arguments.slice(at + 1);
    const maker = knowledge.makers.get(callee);
    const messages = maker?.message
      ? [maker.message]
      : rest.slice(0, 1).flatMap((argument) => textsOf(argument, fn, knowledge));
    const options = [...rest, maker?.options].find((argument) => argument?.type === "ObjectExpression");
    const status = optionOf(options, "status") ?? statusIn(node.arguments);
    for (const code of codesIn(node.arguments[at], fn, knowledge))
      found.push({ code, messages, status, retryable: optionOf(options, "retryable") });
  });
  return found;
}

/** `{ code: "CRM_…", reason: "…" }`: errors as data. */
function plainErrors(node, fn, knowledge) {
  const code = textOf(propertyOf(node, "code"));
  if (code === undefined || !CODE.test(code)) return [];
  const message = ["message", "reason", "detail", "what"].map((name) => propertyOf(node, name)).find(Boolean);
  return [{ code, messages: textsOf(message, fn, knowledge), status: optionOf(node, "status"), retryable: undefined }];
}

/** A status among the arguments of a helper: `problem(503, "CRM_…", …)`. */
function statusIn(list) {
  return list.find(({ type, value }) => type === "Literal" && typeof value === "number" && value >= 400 && value < 600)
    ?.value;
}

/** The codes that an argument may be: a literal, a constant, one of two. */
function codesIn(node, fn, knowledge) {
  if (node?.type === "ConditionalExpression")
    return [...codesIn(node.consequent, fn, knowledge), ...codesIn(node.alternate, fn, knowledge)];
  if (node?.type === "Identifier") {
    const value = localValue(fn, node.name) ?? knowledge.constants.get(node.name);
    return value && value.type !== "Identifier" ? codesIn(value, fn, knowledge) : [];
  }
  const text = textOf(node);
  return text !== undefined && CODE.test(text) ? [text] : [];
}

/** The texts that a message may be: its own, its variable's, or what callers pass for its parameter. */
function textsOf(node, fn, { calls }) {
  const text = textOf(node) ?? textOf(node?.type === "Identifier" ? localValue(fn, node.name) : undefined);
  if (text !== undefined) return [text];
  if (node?.type === "ConditionalExpression") return [node.consequent, node.alternate].map(textOf).filter(Boolean);
  const at = parameterAt(fn, node);
  return at < 0 ? [] : (calls.get(nameOf(fn)) ?? []).map((passed) => textOf(passed[at])).filter(Boolean);
}

/** What a variable of the function is set to where it is declared. */
function localValue(fn, name) {
  let value;
  walk(fn?.body, (node) => {
    if (node.type === "VariableDeclarator" && node.id.name === name) value ??= node.init;
  });
  return value ?? undefined;
}

function optionOf(options, name) {
  const value = propertyOf(options, name);
  return value?.type === "Literal" ? value.value : undefined;
}

/** Sentences of doc comments that name a code. */
function mentionsIn({ comments }) {
  return comments
    .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
    .flatMap((comment) =>
      docText(comment)
        .replaceAll(/^- /gm, "")
        .split(/(?<=[.!?])\s+(?=[A-Z`-])|\n+/)
        .flatMap((sentence) => (sentence.match(MENTION) ?? []).map((name) => ({ name, sentence }))),
    );
}

export function errorsPage({ packages, documents, problems }) {
  const codes = errorCodesOf(packages);
  checkCodes(codes, packages, documents, problems);
  const rows = [...codes]
    .toSorted(([a], [b]) => byName(a, b))
    .map(([name, { made, mentions }]) => [
      `<a id="${name.toLowerCase().replaceAll("…", "x")}"></a>${code(name)}`,
      cell(statusText(name, made, mentions)),
      isRetryable(name, made, mentions) ? "yes" : "",
      cell(meaningText(made, mentions)),
      cell(distinct([...made, ...mentions].map(({ owner }) => owner.manifest.name)).join(", ")),
    ]);
  return page(
    "Error codes",
    'Every error is a `CrmError`, matched by its code: `isCrmError(error, "CRM_STORAGE_NOT_FOUND")`. The HTTP API answers with the status as RFC 9457 problem details. `…` stands for what is filled in; a retryable error may pass by itself.',
    table(["code", "status", "retryable", "message, or when", "package"], rows),
  );
}

/** The statuses it is made with; a code that is only promised has the status that its promise names. */
function statusText(name, made, mentions) {
  const promised = promisesOf(name, mentions).flatMap((promise) => promise.match(/\b\d{3}\b/)?.[0] ?? []);
  const statuses = made.length > 0 ? made.map(({ status }) => String(status ?? 500)) : promised.slice(0, 1);
  return distinct(statuses).toSorted().join(", ");
}

function isRetryable(name, made, mentions) {
  if (made.length > 0) return made.some(({ retryable }) => retryable === true);
  return promisesOf(name, mentions).some((promise) => promise.includes("retryable"));
}

/** What doc comments put in parentheses after the code. */
function promisesOf(name, mentions) {
  return mentions.flatMap(({ sentence }) => sentence.split(`\`${name}\` (`)[1]?.split(")")[0] ?? []);
}

function meaningText(made, mentions) {
  const messages = distinct(made.flatMap(({ messages }) => messages));
  if (messages.length > 0) return messages.slice(0, 3).join(" — ");
  return distinct(mentions.map(({ sentence }) => sentence))[0] ?? "";
}

const distinct = (list) => [...new Set(list)];

/** `CRM_IAM_FORBIDDEN` is of `IAM`. Examples in the documentation may have areas of their own. */
const areaOf = (name) => name.split("_")[1];

/** A code has a message or a doc comment, and whatever the sources or the documentation name exists. */
function checkCodes(codes, packages, documents, problems) {
  for (const [name, { made, mentions }] of codes) {
    if (meaningText(made, mentions) === "")
      problems.push(
        `${name} (${made[0].file.path}) is undocumented: give it a message, or say in a doc comment when it happens.`,
      );
  }
  const patterns = [...codes.keys()].filter((name) => name.includes("…"));
  const areas = new Set([...codes.keys()].map(areaOf));
  const isKnown = (name) =>
    codes.has(name) || patterns.some((pattern) => new RegExp(`^${pattern.replaceAll("…", ".+")}$`).test(name));
  for (const { files } of packages)
    for (const file of files)
      walk(file.program, (node) => {
        const text = node.type === "Literal" ? node.value : undefined;
        if (typeof text === "string" && CODE.test(text) && !isKnown(text))
          problems.push(`${file.path} names ${text}, which is undocumented: say in a doc comment when it happens.`);
      });
  for (const path of documents)
    for (const name of distinct(readFileSync(path, "utf8").match(MENTION) ?? []))
      if (!isKnown(name) && areas.has(areaOf(name))) problems.push(`${path} names ${name}, which no source knows.`);
}
