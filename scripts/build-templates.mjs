/**
 * Makes what new applications and packages are made of from the examples, as templates.mjs declares it, and writes down
 * the versions that they are made with: `node scripts/build-templates.mjs`. With `--check` nothing is written; it fails
 * when what is there differs.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TEMPLATES } from "./templates.mjs";
import { filesBelow, workspaces } from "./workspaces.mjs";

const TARGET = "packages/create-crmessenger/templates";
const DERIVED = "derived";
const VERSIONS = "versions.json";
/** What packages are made with that is not ours, and where its version is written down. */
const TOOLS = ["@types/node", "typescript", "vitest"];
const SCHEMAS = "zod";

const { values: options } = parseArgs({ options: { check: { type: "boolean" } } });
const made = formatted(new Map([[VERSIONS, versions()], ...Object.entries(TEMPLATES).flatMap(derive)]));
const present = presentFiles();
const differing = [...new Set([...made.keys(), ...present.keys()])].filter(
  (path) => made.get(path) !== present.get(path),
);

if (options.check) {
  for (const path of differing) console.error(`${TARGET}/${path} is not what the examples make of it.`);
  if (differing.length > 0) console.error("Run: node scripts/build-templates.mjs");
  process.exitCode = differing.length === 0 ? 0 : 1;
} else {
  rmSync(join(TARGET, DERIVED), { recursive: true, force: true });
  for (const [path, text] of made) put(join(TARGET, path), text);
}
console.log(
  `templates: ${made.size} files from the examples, ${differing.length} ${options.check ? "differ" : "changed"}`,
);

/** The files of a template, by their path below the templates. */
function derive([name, { example, files, replace, without = [] }]) {
  const chosen = Object.entries(files).flatMap(([path, as = path]) =>
    path.endsWith("/")
      ? filesBelow(join(example, path)).map((file) => [file.slice(example.length + 1), file.slice(example.length + 1)])
      : [[path, as]],
  );
  const found = new Set();
  const rename = (text) =>
    replace.reduce((renamed, [pattern, by]) => {
      const next = renamed.replaceAll(pattern, by);
      if (next !== renamed) found.add(pattern);
      return next;
    }, text);
  const derived = chosen
    .filter(([path]) => !without.includes(path))
    .map(([path, as]) => [`${DERIVED}/${name}/${rename(as)}`, rename(readFileSync(join(example, path), "utf8"))]);
  for (const [pattern] of replace)
    if (!found.has(pattern)) throw new Error(`Nothing in ${example} matches ${pattern}: see scripts/templates.mjs.`);
  return derived;
}

/** The ranges that what is made depends on: every package of ours as it is here, and the tools that it is checked with. */
function versions() {
  const root = JSON.parse(readFileSync("package.json", "utf8"));
  const all = workspaces();
  const kernel = all.find(({ manifest }) => manifest.name === "@crmessenger/kernel");
  const ours = all
    .filter(({ manifest }) => !manifest.private && manifest.name.startsWith("@"))
    .map(({ manifest }) => [manifest.name, `^${manifest.version}`]);
  const tools = TOOLS.map((tool) => [tool, `^${root.devDependencies[tool]}`]);
  const table = [...ours, ...tools, [SCHEMAS, kernel.manifest.dependencies[SCHEMAS]]];
  return `${JSON.stringify(Object.fromEntries(table.toSorted(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
}

/** As `npm run format` leaves them: a longer name may want another line. */
function formatted(files) {
  const folder = mkdtempSync(join(tmpdir(), "crmessenger-templates-"));
  try {
    for (const [path, text] of files) put(join(folder, path), text);
    execFileSync(resolve("node_modules/.bin/oxfmt"), ["-c", resolve(".oxfmtrc.json"), "."], {
      cwd: folder,
      stdio: "pipe",
    });
    return new Map([...files.keys()].map((path) => [path, readFileSync(join(folder, path), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function presentFiles() {
  const derived = existsSync(join(TARGET, DERIVED)) ? filesBelow(join(TARGET, DERIVED)) : [];
  const paths = [...derived, join(TARGET, VERSIONS)].filter((path) => existsSync(path));
  return new Map(paths.map((path) => [path.slice(TARGET.length + 1), readFileSync(path, "utf8")]));
}

function put(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
