import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Sources are compiled once, not by each process. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../../../..", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder whose packages see those of this repository as if they were installed. */
export class Workshop {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workshop> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "create-crmessenger-")));
    await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
    return new Workshop(folder);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  async makeFolder(name: string): Promise<string> {
    await mkdir(this.path(name));
    return this.path(name);
  }

  /** Runs a script of an installed package, such as `typescript/bin/tsc`. */
  run(script: string, args: readonly string[], cwd = this.folder): Promise<Ended> {
    return runNode([this.path("node_modules", script), ...args], cwd);
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** Runs Node.js in an environment that knows nothing of this test run. */
export async function runNode(args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd, env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout: await stdout, stderr: await stderr };
}

function plainEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", NODE_COMPILE_CACHE: CACHE };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
