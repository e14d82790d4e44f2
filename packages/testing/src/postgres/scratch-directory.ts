import { constants } from "node:fs";
import { access, mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux keeps this directory in memory; containers often make it too small. */
const IN_MEMORY = "/dev/shm";
const ROOM = 2 * 1024 ** 3;

/**
 * A new directory for a database that a test drops again, below the system's temporary one; where the system offers
 * one in memory that has 2 GiB to spare, there. A database is a thousand small files, and disks are slow to make them.
 * What is in it survives the death of any process, not that of the machine. The caller removes it.
 */
export async function createScratchDirectory(prefix: string): Promise<string> {
  return mkdtemp(join((await hasRoomInMemory()) ? IN_MEMORY : tmpdir(), prefix));
}

async function hasRoomInMemory(): Promise<boolean> {
  try {
    await access(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = await statfs(IN_MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false; // there is none
  }
}
