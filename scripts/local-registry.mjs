/**
 * A package registry on this machine (verdaccio) for what is not published yet: our packages come from their built
 * folders, everything else from the registry that npm is configured with. Used by run-guides.mjs and
 * rehearse-release.mjs; on its own, `node scripts/local-registry.mjs` publishes the packages as they are and stays up.
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { workspaces } from "./workspaces.mjs";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "..");
const START_MS = 30_000;
/** Ours are never looked for elsewhere: a name that somebody else took must not get in. */
const OURS = ["@crmessenger/*", "create-crmessenger", "crmessenger-*"];

/**
 * Starts a registry in a folder of its own, which `stop` removes. `env` is a stranger's environment whose npm uses it,
 * with a cache that shares downloads with the user's but no packages that an earlier registry published under the same
 * versions.
 */
export async function startLocalRegistry() {
  const folder = mkdtempSync(join(tmpdir(), "crmessenger-registry-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = [];
  writeFileSync(join(folder, "verdaccio.json"), JSON.stringify(configuration(folder, await npmConfig("registry"))));
  writeFileSync(join(folder, "npmrc"), `registry=${url}/\n//127.0.0.1:${port}/:_authToken=nobody\n`);
  const verdaccio = fork(
    join(ROOT, "node_modules", "verdaccio", "bin", "verdaccio"),
    ["--config", join(folder, "verdaccio.json"), "--listen", `127.0.0.1:${port}`],
    { stdio: ["ignore", "pipe", "pipe", "ipc"], execArgv: [] },
  );
  for (const stream of [verdaccio.stdout, verdaccio.stderr]) stream?.on("data", (chunk) => log.push(String(chunk)));
  const env = { ...strangersEnvironment(folder), ...(await npmEnvironment(folder, url)) };
  const stop = async () => {
    if (verdaccio.exitCode === null && verdaccio.signalCode === null) {
      verdaccio.kill();
      await once(verdaccio, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(`${url}/-/ping`, verdaccio);
  } catch (error) {
    await stop();
    throw new Error(`The local registry did not start: ${error.message}\n${log.join("")}`, { cause: error });
  }
  return {
    url,
    env,
    stop,
    /** Publishes built packages of a checkout. `tag` is `latest` unless said otherwise. */
    async publish(paths, { root = ROOT, tag = "latest" } = {}) {
      const chosen = paths.flatMap((path) => ["--workspace", path]);
      const options = ["--ignore-scripts", "--provenance=false", "--access=public", `--tag=${tag}`, "--loglevel=error"];
      await run("npm", ["publish", ...chosen, ...options], { cwd: root, env, maxBuffer: 1 << 26 });
    },
  };
}

/** The packages that are published, as paths. */
export function publishedPackages() {
  return workspaces().filter(({ manifest }) => !manifest.private);
}

function configuration(folder, upstream) {
  const everybody = { access: "$all", publish: "$all", unpublish: "$all" };
  return {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd") } },
    uplinks: { npm: { url: upstream, cache: false, maxage: "1h", timeout: "120s", max_fails: 20, fail_timeout: "1s" } },
    packages: { ...Object.fromEntries(OURS.map((name) => [name, everybody])), "**": { access: "$all", proxy: "npm" } },
    max_body_size: "100mb",
    web: { enable: false },
    // Without limits on requests: an install asks for hundreds of packages at once.
    server: { rateLimit: { windowMs: 1_000, max: 100_000 } },
    userRateLimit: { windowMs: 1_000, max: 100_000 },
    log: { type: "stdout", format: "json", level: "warn" },
  };
}

/**
 * What makes npm use the registry and nothing of the user's. `_cacache` is addressed by content, so it may be shared;
 * `_npx` is not: it keeps what `npm create` installed by its version alone.
 */
async function npmEnvironment(folder, url) {
  const cache = join(folder, "npm-cache");
  const shared = join(await npmConfig("cache"), "_cacache");
  mkdirSync(cache);
  if (existsSync(shared)) symlinkSync(shared, join(cache, "_cacache"), "junction");
  return {
    npm_config_registry: `${url}/`,
    npm_config_userconfig: join(folder, "npmrc"),
    npm_config_cache: cache,
    npm_config_prefer_online: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    npm_config_yes: "true",
  };
}

/**
 * What somebody without this repository has: nothing that `npm run` adds, none of our binaries, but the Node.js that
 * runs this, since the machine's own may be older than what the packages need.
 */
function strangersEnvironment(folder) {
  const binaries = join(folder, "bin");
  mkdirSync(binaries);
  symlinkSync(process.execPath, join(binaries, "node"));
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|NODE_PATH$|VITEST|CI$)/.test(name),
  );
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  return { ...Object.fromEntries(kept), PATH: [binaries, ...path].join(delimiter), NO_COLOR: "1" };
}

async function npmConfig(key) {
  const { stdout } = await run("npm", ["config", "get", key], { cwd: ROOT });
  return stdout.trim();
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url, child) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`it does not answer within ${START_MS} ms`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const registry = await startLocalRegistry();
  try {
    await registry.publish(publishedPackages().map(({ path }) => path));
    console.log(
      `The packages are at ${registry.url}. Use them with: npm --registry ${registry.url} …  Ctrl-C ends it.`,
    );
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  } finally {
    await registry.stop();
  }
}
