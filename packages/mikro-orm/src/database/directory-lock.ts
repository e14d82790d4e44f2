import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, readdir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CrmError } from "@crmessenger/kernel";

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Who holds a lock: a process, told from another one with the same number by when it started. */
interface Holder {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
}

const PREFIX = "database.lock.";

/**
 * Takes the directory for this process, or rejects with `CRM_DATABASE_LOCKED`. Every process makes a file of its own,
 * named after itself, and then looks for others: of two that come at once, at least one sees the other, so never both
 * get in. Files of dead processes are removed; since their names are never used again, no live lock can go with them.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const self: Holder = { pid: process.pid, started: startOf(process.pid), host: fileSafe(hostname()) };
  const name = `${PREFIX}${self.pid}-${self.started}-${self.host}`;
  const path = join(directory, name);
  await create(path, self, directory);
  try {
    for (const other of await readdir(directory)) {
      if (other.startsWith(PREFIX) && other !== name) await refuseOrRemove(join(directory, other), self, directory);
    }
  } catch (error) {
    await unlink(path);
    throw error;
  }
  return { release: () => unlink(path) };
}

async function create(path: string, self: Holder, directory: string): Promise<void> {
  try {
    await (await open(path, "wx")).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw locked(
      directory,
      self,
      "That is this process: close the first kernel, or give the second another directory.",
    );
  }
}

async function refuseOrRemove(path: string, self: Holder, directory: string): Promise<void> {
  const holder = holderOf(path);
  if (holder.host !== self.host)
    throw locked(
      directory,
      holder,
      `It runs on host ${holder.host}: stop it there, or delete ${path} if that host no longer exists.`,
    );
  if (isAlive(holder))
    throw locked(directory, holder, "Stop it, or give this one another data directory or a DATABASE_URL.");
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error; // another process has just removed it
  });
}

function holderOf(path: string): Holder {
  const [pid, started = "", ...host] = path.slice(path.lastIndexOf(PREFIX) + PREFIX.length).split("-");
  return { pid: Number(pid), started, host: host.join("-") };
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false; // EPERM: somebody else's, and alive
  }
  const actual = startOf(pid);
  return actual === "" || started === "" || actual === started;
}

/** When a process started, as text to compare; empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    if (process.platform === "linux") return linuxStart(pid);
    if (process.platform === "win32") return "";
    return fileSafe(execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim()).replaceAll(
      "-",
      "_",
    );
  } catch {
    return ""; // no such process any more, or no `ps`
  }
}

/** Field 22 of `/proc/<pid>/stat` (proc_pid_stat(5)): clock ticks since boot. The second field may hold spaces and brackets. */
function linuxStart(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function fileSafe(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]/g, "_");
}

function locked(directory: string, { pid, host }: Holder, advice: string): CrmError {
  return new CrmError("CRM_DATABASE_LOCKED", `The data directory ${directory} is in use by process ${pid}. ${advice}`, {
    status: 503,
    details: { directory, pid, host },
  });
}
