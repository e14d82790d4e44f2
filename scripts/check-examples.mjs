/**
 * Compiles every TypeScript block of the READMEs and of docs/, parses every JSON block, and with `--run` executes the
 * blocks marked as `ts run` (their output is the `text` block that follows) and, under vitest, `ts test`.
 *
 * A page is a folder: blocks whose first line names a file (`// src/plugin.ts`) are that file, and the others may
 * import it. A file that is named again is replaced for what comes after it. Blocks that begin with `// …` are
 * fragments and are left out. `--pages <prefix>` looks at fewer pages.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { blocksOf, missingOutput } from "./markdown-blocks.mjs";
import { filesBelow, workspaces } from "./workspaces.mjs";

const exec = promisify(execFile);
const { values: options } = parseArgs({
  options: { run: { type: "boolean" }, pages: { type: "string", default: "" } },
});
const FOLDER = "examples/.documented";
/** Made from code that is compiled already. */
const GENERATED = "docs/reference/";
const RUN_MS = 60_000;
const AT_ONCE = 2;

const pages = [
  "README.md",
  ...workspaces().map(({ path }) => `${path}/README.md`),
  ...filesBelow("docs").filter((file) => file.endsWith(".md")),
].filter((page) => existsSync(page) && page.startsWith(options.pages) && !page.startsWith(GENERATED));

const problems = [];
const examples = [];
rmSync(FOLDER, { recursive: true, force: true });
for (const page of pages) examples.push(...layOut(page, blocksOf(readFileSync(page, "utf8"))));
try {
  put(join(FOLDER, "tsconfig.json"), JSON.stringify(compilerSettings()));
  await compile();
  if (options.run && problems.length === 0) await runAll();
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
const ran = options.run ? `, ${examples.filter(({ flag }) => flag !== undefined).length} run` : "";
console.log(
  problems.length === 0
    ? `examples: ${examples.length} in ${pages.length} pages, all compile${ran}`
    : `examples: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Writes the blocks of a page to a folder, and to another one from each file on that is named a second time. */
function layOut(page, blocks) {
  const laid = [];
  let files = new Map();
  let edition = 0;
  const folder = () => join(FOLDER, page.replace(/\W+/g, "-"), String(edition));
  for (const [index, { language, flags, code, file, line, output }] of blocks.entries()) {
    if (language === "json") checkJson(page, line, code);
    if (language !== "ts" || code.startsWith("// …")) continue;
    if (file !== undefined && files.has(file)) {
      edition += 1;
      for (const [path, text] of files) if (path !== file) put(join(folder(), path), text);
    }
    const flag = flags.find((word) => word === "run" || word === "test");
    const path = join(folder(), file ?? `block-${index}${flag === "test" ? ".test" : ""}.ts`);
    put(path, file === undefined ? `${code}\nexport {};\n` : code);
    if (file !== undefined) files = new Map(files).set(file, code);
    laid.push({ path, origin: `${page}:${line}`, flag, output });
  }
  return laid;
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
  return examples.reduce((text, { path, origin }) => text.replaceAll(path, `${origin} `), output);
}

async function runAll() {
  const waiting = examples.filter(({ flag }) => flag === "run");
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await runOne(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (examples.some(({ flag }) => flag === "test")) await runTests();
}

async function runOne({ path, origin, output }) {
  const env = { ...process.env, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" };
  try {
    const { stdout } = await exec(process.execPath, [path], { timeout: RUN_MS, env });
    const missing = output === undefined ? undefined : missingOutput(output, stdout);
    if (missing !== undefined) problems.push(`${origin} does not print "${missing.trim()}" there, but:\n${stdout}`);
  } catch (error) {
    problems.push(`${origin} fails:\n${withOrigins(String(error.stderr || error.message))}`);
  }
}

async function runTests() {
  writeFileSync(join(FOLDER, "vitest.config.js"), "export default { test: { include: ['**/*.test.ts'] } };\n");
  try {
    await exec("vitest", ["run", "--root", FOLDER, "--config", "vitest.config.js"], {
      timeout: 4 * RUN_MS,
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    problems.push(withOrigins(`${error.stdout}${error.stderr}`));
  }
}
