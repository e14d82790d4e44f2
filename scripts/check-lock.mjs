/**
 * Checks that the lock file installs on other machines: every optional dependency it names is itself locked, every
 * package has a version and an integrity, and nothing is bound to one registry host. `npm install` can succeed here
 * on a lock that `npm ci` refuses elsewhere.
 */
import { readFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const problems = [];

for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name) && !entry.peerDependenciesMeta?.[name]?.optional)
      problems.push(`${name}, wanted by ${path || "the root"}, is not locked`);
  }
  if (!path.includes("node_modules/") || entry.link) continue;
  if (!entry.version) problems.push(`${path} has no version`);
  if (!entry.integrity && !entry.inBundle) problems.push(`${path} has no integrity`);
  if (entry.resolved) problems.push(`${path} is bound to a registry host`);
}

for (const problem of problems) console.error(`package-lock.json: ${problem}`);
console.log(
  problems.length === 0
    ? `lock: ${Object.keys(packages).length} entries, complete`
    : `lock: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Node looks for a package beside the one that wants it, and then further up. */
function isLocked(from, name) {
  for (let base = from; ;) {
    if (packages[`${base ? `${base}/` : ""}node_modules/${name}`]) return true;
    if (!base) return false;
    const up = base.lastIndexOf("/node_modules/");
    base = up >= 0 ? base.slice(0, up) : "";
  }
}
