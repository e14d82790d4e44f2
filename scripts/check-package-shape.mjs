/**
 * Checks that every published package has the shape its users rely on: ESM with types, the right files, a licence, a
 * README, the kernel as a peer, and an opinion of publint and of "are the types wrong" that is clean.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { workspaces } from "./workspaces.mjs";

const problems = [];
const published = workspaces().filter(({ manifest }) => !manifest.private);

for (const { path, manifest } of published) {
  const say = (problem) => problems.push(`${manifest.name}: ${problem}`);
  checkManifest(path, manifest, say);
  const { messages } = await publint({ pkgDir: path, strict: true });
  for (const message of messages) say(formatMessage(message, manifest) ?? message.code);
}
checkTarballs();

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? `shape: ${published.length} packages, clean` : `shape: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

function checkManifest(path, manifest, say) {
  for (const file of ["README.md", "LICENSE"]) if (!existsSync(join(path, file))) say(`it has no ${file}`);
  if (manifest.license !== "MIT") say("its licence is not MIT");
  if (manifest.type !== "module") say("it is not ESM");
  if (manifest.engines?.node !== ">=22.18") say("engines.node must be >=22.18");
  if (manifest.publishConfig?.access !== "public") say("publishConfig.access must be public");
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === "string") continue;
    for (const file of Object.values(target))
      if (!existsSync(join(path, file))) say(`exports["${subpath}"] names ${file}, which does not exist`);
  }
  const kernel = "@crmessenger/kernel";
  const needsKernel = ![kernel, "create-crmessenger"].includes(manifest.name) && usesKernel(path, kernel);
  if (needsKernel && !manifest.peerDependencies?.[kernel]) say("the kernel must be a peer dependency");
  if (manifest.dependencies?.[kernel]) say("the kernel must not be a dependency: two copies do not share a context");
}

function usesKernel(path, kernel) {
  return readFileSync(join(path, "package.json"), "utf8").includes(kernel);
}

/** Packs every package and looks at what would be published. */
function checkTarballs() {
  const folder = mkdtempSync(join(tmpdir(), "crmessenger-pack-"));
  try {
    for (const { path, manifest } of published) {
      const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
        cwd: path,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const parsed = JSON.parse(output);
      const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
      const strangers = packed.files
        .map((file) => file.path)
        .filter((file) => !file.startsWith("templates/") && /\.test\.|tsbuildinfo|(^|\/)test\/|vitest/.test(file));
      if (strangers.length > 0) problems.push(`${manifest.name}: would publish ${strangers.join(", ")}`);
      checkTypes(manifest, join(folder, packed.filename));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkTypes(manifest, tarball) {
  try {
    execFileSync("attw", [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    problems.push(`${manifest.name}: the types are wrong\n${error.stdout ?? error.message}`);
  }
}
