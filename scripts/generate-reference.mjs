/**
 * Writes `docs/reference`: contracts, extension points, events, error codes and configuration, from the sources and
 * what they build to. With `--check` it writes nothing and fails when the committed pages say something else.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationPage } from "./reference/configuration.mjs";
import { contractsPage } from "./reference/contracts.mjs";
import { errorsPage } from "./reference/errors.mjs";
import { eventsPage } from "./reference/events.mjs";
import { extensionPointsPage } from "./reference/extension-points.mjs";
import { entriesOf, pluginsOf, shippedPackages, sourcesBelow } from "./reference/packages.mjs";
import { parseFile } from "./reference/syntax.mjs";
import { filesBelow, workspaces } from "./workspaces.mjs";

const FOLDER = "docs/reference";
const check = process.argv.includes("--check");

const problems = [];
const packages = shippedPackages();
const plugins = await pluginsOf(packages);
const entries = {};
for (const owner of packages) Object.assign(entries, await entriesOf(owner));
const facts = { packages, plugins, entries, suites: await suites(), documents: documents(), problems };

const pages = {
  "contracts.md": await contractsPage(facts),
  "extension-points.md": extensionPointsPage(facts),
  "events.md": eventsPage(facts),
  "errors.md": errorsPage(facts),
  "configuration.md": configurationPage(facts),
};

mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const path = join(FOLDER, name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (check) problems.push(`${path} differs from the sources: run \`node scripts/generate-reference.mjs\`.`);
  else writeFileSync(path, text);
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `reference: ${Object.keys(pages).length} pages ${check ? "agree with the sources" : "written"}`
    : `reference: ${problems.length} problems`,
);
// Plugins' libraries may keep handles open once they are loaded.
process.exit(problems.length === 0 ? 0 : 1);

/** The names of all conformance suites, and which of them implementations must call. */
async function suites() {
  const { suitesOfContracts, suitesOfRegistries } = await import("../packages/testing/dist/suites.js");
  const names = sourcesBelow("packages/testing/src").flatMap((path) =>
    [...parseFile(path).text.matchAll(/export (?:async )?function (describe\w+)/g)].map((match) => match[1]),
  );
  return { all: new Set(names), ofContracts: suitesOfContracts, ofRegistries: suitesOfRegistries };
}

/** What people read, besides the pages made here: error codes that it names must exist. */
function documents() {
  const readmes = workspaces().map(({ path }) => join(path, "README.md"));
  const docs = filesBelow("docs").filter((path) => path.endsWith(".md") && !path.startsWith(FOLDER));
  return ["README.md", ...readmes, ...docs].filter((path) => existsSync(path)).toSorted();
}
