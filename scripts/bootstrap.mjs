/**
 * Makes `npm start`, `npm test` and friends work from a fresh clone: installs what the lock file names when
 * node_modules is missing or older than the lock, once at a time. Runs on the host's Node, so it uses nothing
 * but built-ins and parses on Node 18.
 *
 *   node scripts/bootstrap.mjs         install if needed
 *   node scripts/bootstrap.mjs link    only link the pinned Node into node_modules/.bin (postinstall)
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stampFile = join(modules, ".bootstrap-stamp");
const lockDirectory = join(root, ".bootstrap-lock");
const STALE_LOCK_MS = 15 * 60_000;

const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

if (process.argv[2] === "link") linkPinnedNode();
else if (!isFresh()) process.exitCode = installOnce();

function isFresh() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted;
}

/** npm 11.0 and older drop .bin/node when several optional packages own that bin name, so we link it ourselves. */
function linkPinnedNode() {
  const os = process.platform === "win32" ? "win" : process.platform;
  const pinned = ["node", "node-bin"].map((name) => join(modules, `${name}-${os}-${process.arch}`)).find(existsSync);
  if (!pinned) return; // no pinned build for this platform: the host's Node is used, and `engines` decides
  const file = os === "win" ? "node.exe" : "node";
  const target = join(pinned, "bin", file);
  const link = join(modules, ".bin", file);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  if (os === "win") linkSync(target, link);
  else symlinkSync(relative(dirname(link), target), link);
}

/** Two terminals, or a watcher beside a terminal, must not install over each other. */
function installOnce() {
  for (;;) {
    try {
      mkdirSync(lockDirectory);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (Date.now() - statSync(lockDirectory).mtimeMs > STALE_LOCK_MS) {
        rmSync(lockDirectory, { recursive: true, force: true });
        continue;
      }
      pause(250);
      if (isFresh()) return 0;
    }
  }
  try {
    const status = npmCi();
    if (status === 0) writeFileSync(stampFile, wanted);
    return status;
  } finally {
    rmSync(lockDirectory, { recursive: true, force: true });
  }
}

/** Never run with the Node binary that `npm ci` is about to delete, nor with another npm script's settings. */
function npmCi() {
  const outside = (path) => !path.startsWith(modules + sep);
  const env = { ...process.env, PATH: (process.env.PATH ?? "").split(delimiter).filter(outside).join(delimiter) };
  const inherited = /^npm_(config_(workspaces?|include_workspace_root|prefix|local_prefix)|package_|lifecycle_)/i;
  for (const key of Object.keys(env)) if (inherited.test(key)) delete env[key];
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  console.error(
    `${existsSync(modules) ? "package-lock.json changed" : "Fresh checkout"}: installing dependencies (npm ci) …`,
  );
  const node = [process.env.npm_node_execpath, process.execPath].find((path) => path && outside(path));
  const npm = process.env.npm_execpath;
  const windows = process.platform === "win32";
  const options = { cwd: root, env, stdio: "inherit" };
  const result =
    node && npm && npm.endsWith(".js")
      ? spawnSync(node, [npm, ...args], options)
      : spawnSync(windows ? "npm.cmd" : "npm", args, { ...options, shell: windows });
  return result.status ?? 1;
}

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
