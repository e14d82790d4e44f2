/**
 * Compiles every TypeScript block of the READMEs and of docs/, parses every JSON block, and with `--run` executes most
 * of them:
 *
 * - ```ts run is a program. What it prints is the `text` block that follows, if one does.
 * - ```ts test, or a file named so, runs under vitest.
 * - A block that only defines something is a program with what is hidden in a comment below it, `<!-- after`, which goes
 *   on in the same module; for a block that names a file it is a module of its own beside the file. `<!-- before` above
 *   a block comes first. A reader sees neither.
 * - A file that one of these imports has run with it, and the blocks of a guide are run by run-guides.mjs.
 *
 * A page is a folder: blocks whose first line names a file (`// src/plugin.ts`) are that file, and the others may
 * import it. A file that is named again is replaced for what comes after it. Blocks that begin with `// …` are
 * fragments and are left out. `--pages <prefix>` looks at fewer pages.
 */
import { execFile, fork } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { GUIDES } from "./guides.mjs";
import { blocksOf, missingOutput } from "./markdown-blocks.mjs";
import { filesBelow, workspaces } from "./workspaces.mjs";

const exec = promisify(execFile);
const { values: options } = parseArgs({
  options: { run: { type: "boolean" }, pages: { type: "string", default: "" } },
});
const FOLDER = "examples/.documented";
/** Made from code that is compiled already. */
const GENERATED = "docs/reference/";
/** Of the TypeScript blocks, at least. */
const MOST = 0.75;
const BLOCK_MS = 60_000;
const END_MS = 20_000;
const AT_ONCE = 2;

const pages = [
  "README.md",
  ...workspaces().map(({ path }) => `${path}/README.md`),
  ...filesBelow("docs").filter((file) => file.endsWith(".md")),
].filter((page) => existsSync(page) && page.startsWith(options.pages) && !page.startsWith(GENERATED));

const problems = [];
const shell = { blocks: 0, guided: 0 };
rmSync(FOLDER, { recursive: true, force: true });
const examples = pages.flatMap((page) => layOut(page, blocksOf(readFileSync(page, "utf8"))));
markFilesOfOthers();
try {
  put(join(FOLDER, "tsconfig.json"), JSON.stringify(compilerSettings()));
  await compile();
  if (options.run && problems.length === 0) await Promise.all([runPrograms(), runTests()]);
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
const run = examples.filter(({ how }) => how !== undefined).length;
if (options.pages === "" && run < MOST * examples.length)
  problems.push(
    `Of ${examples.length} TypeScript blocks ${run} are run. Most should be: see scripts/check-examples.mjs.`,
  );
for (const problem of problems) console.error(problem);
console.log(`examples: ${problems.length === 0 ? summary() : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Writes the blocks of a page to a folder, and to another one from each file on that is named a second time. */
function layOut(page, blocks) {
  const laid = [];
  const guided = GUIDES.includes(page);
  let files = new Map();
  let edition = 0;
  const folder = () => join(FOLDER, page.replace(/\W+/g, "-"), String(edition));
  for (const [index, block] of blocks.entries()) {
    const { language, flags, code, file, line, output, after } = block;
    if (language === "json") checkJson(page, line, code);
    if (language === "sh") shell.blocks += 1;
    if (language === "sh" && guided) shell.guided += 1;
    if (language !== "ts" || code.startsWith("// …")) continue;
    if (file !== undefined && files.has(file)) {
      edition += 1;
      for (const [path, text] of files) if (path !== file) put(join(folder(), path), text);
    }
    const isTest = flags.includes("test") || file?.endsWith(".test.ts");
    const path = join(folder(), file ?? `block-${index}${isTest ? ".test" : ""}.ts`);
    put(path, file === undefined ? moduleOf(block) : code);
    if (file !== undefined) files = new Map(files).set(file, code);
    let program = flags.includes("run") ? path : undefined;
    if (after !== undefined && file === undefined) program = path;
    if (after !== undefined && file !== undefined) {
      program = join(folder(), `after-${index}.ts`);
      put(program, `${after}\nexport {};\n`);
    }
    const how = isTest ? "test" : program ? "program" : guided ? "guide" : undefined;
    laid.push({ path, program, origin: `${page}:${line}`, how, output });
  }
  return laid;
}

function moduleOf({ before, code, after }) {
  return [before, code, after, "export {};\n"].filter((part) => part !== undefined).join("\n");
}

/** What programs and tests import runs with them. */
function markFilesOfOthers() {
  const byPath = new Map(examples.map((example) => [example.path, example]));
  const waiting = examples
    .filter(({ how }) => how === "program" || how === "test")
    .map((one) => one.program ?? one.path);
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    for (const [, specifier] of readFileSync(path, "utf8").matchAll(/\bfrom "(\.[^"]+)"/g)) {
      const imported = byPath.get(join(dirname(path), specifier));
      if (imported?.how !== undefined || !imported) continue;
      imported.how = "file";
      waiting.push(imported.path);
    }
  }
}

function put(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function checkJson(page, line, code) {
  try {
    JSON.parse(code.replace(/^\/\/.*\n/, ""));
  } catch (error) {
    problems.push(`${page}:${line} is no JSON: ${error.message}`);
  }
}

function compilerSettings() {
  return {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      rootDir: "../..",
      types: ["node"],
      customConditions: [],
    },
    include: ["**/*.ts"],
  };
}

async function compile() {
  try {
    await exec("tsc", ["-p", FOLDER], { maxBuffer: 1 << 26 });
  } catch (error) {
    problems.push(withOrigins(String(error.stdout)));
  }
}

/** Names pages and lines instead of the files that the blocks were written to. */
function withOrigins(output) {
  return examples.reduce(
    (text, { path, program = path, origin }) =>
      text.replaceAll(path, `${origin} `).replaceAll(program, `${origin} (what is hidden after it) `),
    output,
  );
}

/** In a few processes, and in a folder of their own: what programs write is not left here. */
async function runPrograms() {
  const waiting = examples.filter(({ program }) => program !== undefined);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "crmessenger-documented-")));
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, () => runSome(waiting, folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One process that takes what is waiting, one after another. */
async function runSome(waiting, cwd) {
  const child = fork(resolve("scripts/run-blocks.mjs"), {
    cwd,
    env: { ...process.env, PORT: "0" },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const taken = [];
  let current;
  let patience;
  let complaints = "";
  const wait = (milliseconds, why) => {
    clearTimeout(patience);
    patience = setTimeout(() => {
      problems.push(why);
      current = undefined;
      child.kill("SIGKILL");
    }, milliseconds);
  };
  const handOver = () => {
    current = waiting.shift();
    child.send(current === undefined ? null : resolve(current.program));
    if (current) taken.push(current.origin);
    if (current) wait(BLOCK_MS, `${current.origin} does not end within ${BLOCK_MS / 1000} s.`);
    else wait(END_MS, `Something goes on that one of these began: ${taken.join(", ")}`);
  };
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  child.on("message", ({ ended, failed }) => {
    if (failed !== undefined) problems.push(`${current?.origin ?? taken.at(-1)} fails:\n${withOrigins(failed)}`);
    else if (ended !== undefined) expectOutput(current, ended);
    if (ended !== undefined) handOver();
  });
  handOver();
  await new Promise((done) => child.once("close", done));
  clearTimeout(patience);
  if (current) problems.push(`${current.origin} ends the process, or waits for nothing:\n${complaints}`);
}

function expectOutput({ origin, output }, printed) {
  const missing = output === undefined ? undefined : missingOutput(output, printed);
  if (missing !== undefined) problems.push(`${origin} does not print "${missing.trim()}" there, but:\n${printed}`);
}

async function runTests() {
  if (!examples.some(({ how }) => how === "test")) return;
  writeFileSync(
    join(FOLDER, "vitest.config.js"),
    "export default { test: { include: ['**/*.test.ts'], isolate: false } };\n",
  );
  try {
    await exec("vitest", ["run", "--root", FOLDER, "--config", "vitest.config.js"], {
      timeout: 4 * BLOCK_MS,
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    problems.push(withOrigins(`${error.stdout}${error.stderr}`));
  }
}

function summary() {
  const count = (wanted) => examples.filter(({ how }) => how === wanted).length;
  const compiled = `${examples.length} TypeScript blocks of ${pages.length} pages compile`;
  if (!options.run) return compiled;
  const guides = `${count("guide")} TypeScript and ${shell.guided} of ${shell.blocks} shell blocks by the guides`;
  const kinds = `${count("program")} as programs, ${count("test")} as tests, ${count("file")} as files of those`;
  return `${compiled}, ${run} of them run: ${kinds}; ${guides}`;
}
