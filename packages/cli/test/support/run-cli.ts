import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));
/** Sources are compiled once, not by each process. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs `crmessenger` to its end. */
export async function crmessenger(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const running = startCrmessenger(args, options);
  return { code: await running.ended, stdout: running.stdout(), stderr: running.stderr() };
}

/** A `crmessenger` that goes on until it is told to stop; with the running test at the latest. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout(): string;
  stderr(): string;
}

export function startCrmessenger(
  args: readonly string[],
  { cwd = FIXTURES, environment = {} }: RunOptions = {},
): Running {
  const child = spawn(process.execPath, ["--conditions=@crmessenger/source", MAIN, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", NODE_COMPILE_CACHE: CACHE, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text.stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.stderr += piece));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, stdout: () => text.stdout, stderr: () => text.stderr };
}

/** A copy of a fixture to change, outside of this repository. Gone with the running test. */
export async function copyFixture(name: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "crmessenger-cli-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(FIXTURES, name), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await symlink(MODULES, join(folder, "node_modules"));
  return folder;
}
