import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { workspaces } from "../workspaces.mjs";
import { declarationsOf, docBefore, parseFile } from "./syntax.mjs";

/** Packages for tests: what they contain is no part of an application. */
const FOR_TESTS = new Set(["testing", "sandbox"]);

/** What ships: every published package with its parsed sources. */
export function shippedPackages() {
  return workspaces()
    .filter(
      ({ group, name, manifest }) =>
        group !== "examples" && group !== "bench" && !manifest.private && !FOR_TESTS.has(name),
    )
    .map((workspace) => ({ ...workspace, files: sourcesBelow(join(workspace.path, "src")).map(parseFile) }));
}

/** TypeScript sources below a folder, without tests, in order of path. */
export function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".ts") && !/\.test(-d)?\.|\/templates\//.test(path))
    .toSorted();
}

/** The built entries of a package: subpath → module. */
export async function entriesOf({ path, manifest }) {
  const entries = {};
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === "string") continue;
    const name = `${manifest.name}${subpath.slice(1)}`;
    entries[name] = await import(pathToFileURL(join(path, target.default)).href);
  }
  return entries;
}

/** The plugins of all packages: what `definePlugin` made, with its definition, doc comment and package. */
export async function pluginsOf(packages) {
  const plugins = [];
  for (const owner of packages) {
    const made = owner.files.flatMap((file) =>
      declarationsOf(file)
        .filter(({ node, exported }) => exported && node.init?.callee?.name === "definePlugin")
        .map(({ name, statement }) => ({ name, doc: docBefore(file, statement.start) })),
    );
    if (made.length === 0) continue;
    const entries = Object.values(await entriesOf(owner));
    for (const { name, doc } of made) {
      const factory = entries.map((entry) => entry[name]).find(Boolean);
      if (factory) plugins.push({ name, doc, owner, definition: factory({}).definition });
    }
  }
  return plugins.toSorted((a, b) => (a.definition.id < b.definition.id ? -1 : 1));
}
