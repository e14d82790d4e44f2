import { open, mkdir, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./storage-error.ts";

const making = new Map<string, Promise<void>>();

/** Makes the directory and those above it, and resolves once their entries are durable. */
export function makeDirectory(directory: string): Promise<void> {
  const underWay = making.get(directory);
  if (underWay) return underWay;
  const made = make(directory).finally(() => making.delete(directory));
  making.set(directory, made);
  return made;
}

async function make(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  const top = dirname(first);
  for (let at = dirname(directory); at.length >= top.length; at = dirname(at)) await syncDirectory(at);
}

/**
 * Writes a file so that at `target` there is either what was there before or all of the new bytes, also after a
 * power cut: temporary file, fsync, rename, fsync of the directory.
 */
export async function writeDurably<T>(
  temporary: string,
  target: string,
  write: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  try {
    const written = await writeFile(temporary, write);
    await makeDirectory(dirname(target));
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    return written;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeFile<T>(path: string, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, "wx", 0o640);
  try {
    const written = await write(handle);
    await handle.sync();
    return written;
  } finally {
    await handle.close();
  }
}

/** Windows can't open directories, and makes renames durable by itself. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (systemCode(error) !== "EINVAL") throw error; // some network file systems sync entries on their own and say so like this
  } finally {
    await handle.close();
  }
}
