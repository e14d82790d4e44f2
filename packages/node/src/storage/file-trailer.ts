import type { FileHandle } from "node:fs/promises";
import { CrmError } from "@crmessenger/kernel";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";

/**
 * A stored file is one file on disk: its content, then what is known about it as JSON, then the length of that JSON
 * (32 bits, big-endian) and a mark. Content and meta of one file so replace those of another in a single rename,
 * and byte offsets of the content are offsets in the file.
 */
const MARK = Buffer.from("CRMFILE1", "latin1");
const FOOT = 4 + MARK.length;
/** Nearly every trailer is read at once; a file name may be long. */
const FIRST_READ = 1024;

export type FileFacts = Omit<StoredFile, "path">;

export function encodeTrailer(facts: FileFacts): Buffer {
  const json = Buffer.from(JSON.stringify(facts), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([json, length, MARK]);
}

/** Reads the trailer of an open file; a file that was not written here or lost its end is `CRM_STORAGE_CORRUPT`. */
export async function readTrailer(handle: FileHandle, path: string): Promise<FileFacts> {
  const { size } = await handle.stat();
  const tail = await readEnd(handle, size, Math.min(size, FIRST_READ));
  if (tail.length < FOOT || !tail.subarray(-MARK.length).equals(MARK)) throw corrupt(path);
  const length = tail.readUInt32BE(tail.length - FOOT);
  if (length + FOOT > size) throw corrupt(path);
  const json = length + FOOT <= tail.length ? tail : await readEnd(handle, size, length + FOOT);
  const facts = parseFacts(json.subarray(-(length + FOOT), -FOOT));
  if (!facts || facts.size !== size - length - FOOT) throw corrupt(path);
  return facts;
}

async function readEnd(handle: FileHandle, size: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}

function parseFacts(json: Buffer): FileFacts | undefined {
  try {
    return JSON.parse(json.toString("utf8")) as FileFacts;
  } catch {
    return undefined; // the caller reports it with the path
  }
}

function corrupt(path: string): CrmError {
  return new CrmError(
    "CRM_STORAGE_CORRUPT",
    `The file at ${path} was not written by this storage or is cut off: restore it from a backup.`,
    { details: { path } },
  );
}
