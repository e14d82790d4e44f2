/**
 * A release, from a changeset to applications that run on it, without publishing anything: in a copy of the repository
 * and with a registry on this machine. Proves that versions are independent: every package gets a minor release, and an
 * application runs with one of its plugins left a minor behind.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { copyRepository } from "./copy-repository.mjs";
import { freePort, publishedPackages, startLocalRegistry } from "./local-registry.mjs";

const exec = promisify(execFile);
const BUDGET_MS = 600_000;
const READY_MS = 60_000;
const STOP_MS = 20_000;
/** What `crmessenger new` makes. */
const KINDS = ["plugin", "channel", "projection"];
const EMAIL = "olga@example.org";
/** The plugin that the last application leaves behind. */
const LATE = "@crmessenger/http-channel";

const folder = mkdtempSync(join(tmpdir(), "crmessenger-release-"));
const copy = join(folder, "repository");
const app = join(folder, "app");
const released = publishedPackages();
const paths = released.map(({ path }) => path);
const old = Object.fromEntries(released.map(({ manifest }) => [manifest.name, manifest.version]));
const began = performance.now();
const registry = await startLocalRegistry();
/** Of the user; shown once. */
let password;

/** Each step answers what it has to say. */
const STEPS = {
  "copy the repository": async () => {
    await copyRepository(copy);
    return "its files as they are, and what was built";
  },
  "publish the versions of today": async () => {
    await registry.publish(paths, { root: copy });
    return `${released.length} packages`;
  },
  "version, by a changeset": () => raiseVersions(),
  build: async () => {
    await inCopy("turbo", ["run", "build", "--output-logs=errors-only", "--no-update-notifier"]);
    return "all of it, with the new versions";
  },
  "publish the new versions": async () => {
    await registry.publish(paths, { root: copy });
    return `${released.length} packages`;
  },
  "scaffold an application": async () => {
    await npm(folder, "create", "crmessenger@latest", "app", "--", "--yes");
    expectVersions(app, newVersion);
    return `on ${newVersion("@crmessenger/kernel")}`;
  },
  "its tests": () => npmTest(app),
  "add a user": () => addUser(app),
  "it boots, and the user signs in": () => boot(app, { whileUp: signIn }),
  "a backup of it is enough": () => restore(app),
  ...Object.fromEntries(KINDS.flatMap((kind) => Object.entries(stepsOfPackage(kind)))),
  "leave one plugin a minor behind": async () => {
    await npm(app, "install", "--save-exact", `${LATE}@${old[LATE]}`);
    expectVersions(app, (name) => (name === LATE ? old[LATE] : newVersion(name)));
    return `${LATE} ${old[LATE]} beside the kernel ${newVersion("@crmessenger/kernel")}`;
  },
  "the tests still pass": () => npmTest(app),
  "it still boots, on the same data": () => boot(app, { whileUp: signIn }),
};

let failure;
try {
  for (const [name, step] of Object.entries(STEPS)) {
    const started = performance.now();
    const said = await step();
    console.log(`${seconds(started).padStart(8)}  ${name}: ${said}`);
  }
  const took = performance.now() - began;
  if (took > BUDGET_MS) throw new Error(`It took ${seconds(began)}; it may take ${BUDGET_MS / 1000} s.`);
} catch (error) {
  failure = [error.message, error.stdout, error.stderr].filter(Boolean).join("\n");
} finally {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (failure === undefined) console.log(`rehearse-release: ${Object.keys(STEPS).length} steps in ${seconds(began)}`);
else console.error(`rehearse-release: failed after ${seconds(began)}\n${failure}`);
process.exitCode = failure === undefined ? 0 : 1;

/** A minor for every package; what comes of it is in the copy's manifests and changelogs. */
async function raiseVersions() {
  const lines = released.map(({ manifest }) => `"${manifest.name}": minor`);
  writeFileSync(join(copy, ".changeset", "rehearsal.md"), `---\n${lines.join("\n")}\n---\n\nA rehearsal.\n`);
  const identity = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@localhost"];
  for (const command of [
    ["init", "--quiet"],
    ["add", "--all"],
    [...identity, "commit", "--quiet", "--message", "All"],
  ])
    await exec("git", command, { cwd: copy, maxBuffer: 1 << 26 });
  await inCopy("changeset", ["version"]);
  await exec(process.execPath, ["scripts/build-templates.mjs"], { cwd: copy }); // names the versions
  for (const { path, manifest } of released) {
    const { version } = manifestOf(join(copy, path));
    const changelog = join(copy, path, "CHANGELOG.md");
    if (!isMinorAfter(manifest.version, version))
      throw new Error(`A minor of ${manifest.name} ${manifest.version} became ${version}.`);
    if (!existsSync(changelog) || !readFileSync(changelog, "utf8").includes(`## ${version}`))
      throw new Error(`${manifest.name} has no changelog of ${version}.`);
  }
  return `kernel ${old["@crmessenger/kernel"]} → ${newVersion("@crmessenger/kernel")}, with changelogs`;
}

/** A major would mean that a release of the kernel forces one on everybody. */
function isMinorAfter(before, after) {
  const [a, b] = [before, after].map((version) => version.split(".").map(Number));
  return a[0] === b[0] && b[1] === a[1] + 1 && b[2] === 0;
}

function newVersion(name) {
  const { path } = released.find(({ manifest }) => manifest.name === name);
  return manifestOf(join(copy, path)).version;
}

/** Of ours, each package is there once, in the version it should have. */
function expectVersions(root, versionOf) {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [place, { version }] of Object.entries(lock.packages)) {
    const name = /(?:^|\/)node_modules\/(@crmessenger\/[^/]+)$/.exec(place)?.[1];
    if (name === undefined) continue;
    if (place !== `node_modules/${name}`) throw new Error(`A second copy of ${name} is at ${place}.`);
    if (version !== versionOf(name)) throw new Error(`${name} is there in ${version}, not in ${versionOf(name)}.`);
  }
}

async function npmTest(root) {
  const { stdout } = await npm(root, "test");
  return /Tests\s+(.+passed.*)/.exec(stdout)?.[1] ?? "passed";
}

/** Scaffolds a package beside the application, and does with it what its author does first. */
function stepsOfPackage(kind) {
  const root = join(folder, kind);
  return {
    [`scaffold a ${kind}`]: async () => {
      await npm(app, "exec", "--", "crmessenger", "new", kind, "carrier-pigeon", "--directory", root);
      await npm(root, "install");
      return manifestOf(root).name;
    },
    [`the ${kind}'s types, tests and build`]: async () => {
      await npm(root, "run", "check");
      await npm(root, "run", "build");
      return npmTest(root);
    },
    [`the ${kind}'s playground boots`]: () => boot(root),
  };
}

async function addUser(root) {
  const { stdout } = await npm(root, "exec", "--", "crmessenger", "user", "add", "--email", EMAIL, "--role", "owner");
  password = /password (\S+)/.exec(stdout)?.[1];
  if (password === undefined) throw new Error(`crmessenger user add says no password, but:\n${stdout}`);
  return `${EMAIL}, with a password`;
}

async function signIn(server) {
  const response = await fetch(`${server}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: EMAIL, password }),
  });
  const { token } = await response.json();
  const leads = await fetch(`${server}/api/v1/leads`, { headers: { authorization: `Bearer ${token}` } });
  if (leads.status !== 200)
    throw new Error(`${EMAIL} signs in with ${response.status}, and reads with ${leads.status}`);
}

/** What docs/operations/backups.md says of the embedded database: the data directory, and the key in the environment. */
async function restore(root) {
  const [data, backup] = [join(root, "data"), join(folder, "backup")];
  cpSync(data, backup, { recursive: true });
  rmSync(data, { recursive: true });
  cpSync(backup, data, { recursive: true });
  return boot(root, { whileUp: signIn });
}

/** Does what `npm start` does; waits until it is ready, and stops it in good order. */
async function boot(root, { whileUp = async () => {} } = {}) {
  const started = performance.now();
  const { start } = manifestOf(root).scripts;
  const path = [join(root, "node_modules", ".bin"), registry.env.PATH].join(delimiter);
  const child = spawn("sh", ["-c", `exec ${start}`], {
    cwd: root,
    env: { ...registry.env, PATH: path, PORT: String(await freePort()) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const shown = { output: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (shown.output += text));
  const closed = once(child, "close");
  try {
    const server = await ready(child, shown);
    const took = seconds(started);
    await whileUp(server);
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const [status, signal] = await closed;
    clearTimeout(late);
    if (status !== 0) throw new Error(`it stops with ${signal ?? `status ${status}`}`);
    return `ready in ${took}, stopped cleanly`;
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${start}: ${error.message}\n${shown.output}`, { cause: error });
  }
}

/** Ready where it says that its API is; answers where that is. */
async function ready(child, shown) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    const server = /(http:\/\/\S+)\/api\/v1/.exec(shown.output)?.[1];
    const response = server && (await fetch(`${server}/ready`).catch(() => undefined));
    if (response?.status === 200) return server;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`it is not ready within ${READY_MS} ms`);
}

function npm(cwd, ...args) {
  mkdirSync(cwd, { recursive: true });
  return exec("npm", args, { cwd, env: registry.env, maxBuffer: 1 << 26 });
}

function inCopy(command, args) {
  return exec(join(copy, "node_modules", ".bin", command), args, { cwd: copy, maxBuffer: 1 << 26 });
}

function manifestOf(path) {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
