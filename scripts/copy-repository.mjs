import { execFileSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { workspaces } from "./workspaces.mjs";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * Copies the repository: the files that git knows or would take, what was built, and the installed packages as links.
 * Links between workspaces lead to the copies.
 */
export function copyRepository(target) {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  for (const file of new Set(list.split("\0").filter(Boolean))) copyInto(target, file);
  for (const { path } of workspaces()) {
    copyInto(target, join(path, "dist"));
    linkInstalled(join(ROOT, path, "node_modules"), join(target, path, "node_modules"));
  }
  linkInstalled(join(ROOT, "node_modules"), join(target, "node_modules"));
}

function copyInto(target, path) {
  const from = join(ROOT, path);
  if (!existsSync(from)) return; // deleted, and not yet committed
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(from, join(target, path), { recursive: true });
}

/** One link a package; those that are links already are relative, and so lead to workspaces of the copy. */
function linkInstalled(from, to) {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), join(to, name));
    else if (name.startsWith("@")) linkInstalled(source, join(to, name));
    else symlinkSync(source, join(to, name));
  }
}
