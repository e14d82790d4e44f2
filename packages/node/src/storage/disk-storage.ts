import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, open, readdir, rm, stat, unlink, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CrmError } from "@crmessenger/kernel";
import type { Clock, FileMeta, Ids, Storage, StoragePath, StoredFile } from "@crmessenger/kernel/infrastructure";
import { makeDirectory, writeDurably } from "./durable-file.ts";
import { encodeTrailer, type FileFacts, readTrailer } from "./file-trailer.ts";
import { readRange } from "./read-range.ts";
import { systemCode, toStorageError } from "./storage-error.ts";
import { checkStoragePath } from "./storage-path.ts";

/** Neither can be a segment of a path, so a stored file never meets a directory or an unfinished file. */
const FILE_SUFFIX = "+meta";
const UNFINISHED = "+incoming";
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1_000;

/**
 * Files in a directory of this machine (or a network file system that honours rename and fsync). Several processes
 * may share the directory. Paths that differ in upper and lower case only are one file where the file system thinks so.
 */
export class DiskStorage implements Storage {
  readonly directory: string;
  readonly #ids: Ids;
  readonly #clock: Clock;

  constructor(directory: string, services: { readonly ids: Ids; readonly clock: Clock }) {
    this.directory = resolve(directory);
    this.#ids = services.ids;
    this.#clock = services.clock;
  }

  /** Makes the directory and removes what killed processes left unfinished a day ago or earlier. */
  async start(): Promise<void> {
    try {
      await makeDirectory(this.#unfinished());
      await this.check();
      for (const name of await readdir(this.#unfinished())) await this.#removeForgotten(this.#unfinished(name));
    } catch (error) {
      throw new CrmError(
        "CRM_STORAGE_DIRECTORY",
        `The directory for files, ${this.directory}, can't be used (${systemCode(error)}): make it writable, or choose another with node({ filesDirectory }).`,
        { details: { directory: this.directory, cause: systemCode(error) }, cause: error },
      );
    }
  }

  /** Rejects when the directory can't be written to. */
  async check(): Promise<void> {
    await access(this.#unfinished(), constants.W_OK);
  }

  async put(path: StoragePath, content: Uint8Array | ReadableStream<Uint8Array>, meta: FileMeta): Promise<StoredFile> {
    const target = this.#file(path);
    try {
      const facts = await writeDurably(this.#unfinished(this.#ids.next()), target, async (handle) => {
        const writer = new HashingWriter(handle);
        if (content instanceof Uint8Array) await writer.write(content);
        else await pour(content, writer);
        const written: FileFacts = { ...pick(meta), size: writer.size, sha256: writer.digest() };
        await handle.writeFile(encodeTrailer(written));
        return written;
      });
      return { path, ...facts };
    } catch (error) {
      if (error instanceof SourceFailure) throw error.cause;
      throw toStorageError(error, `to store ${path}`);
    }
  }

  async get(path: StoragePath, range: { readonly start: number; readonly end?: number } = { start: 0 }) {
    const found = await this.#open(path);
    if (!found) throw notFound(path);
    const { size } = found.facts;
    const start = Math.min(Math.max(0, range.start), size);
    const end = Math.min(Math.max(start, range.end ?? size), size);
    return readRange(found.handle, start, end, path);
  }

  async stat(path: StoragePath): Promise<StoredFile | undefined> {
    const found = await this.#open(path);
    if (!found) return undefined;
    await found.handle.close();
    return { path, ...found.facts };
  }

  async delete(path: StoragePath): Promise<boolean> {
    try {
      await unlink(this.#file(path));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw toStorageError(error, `to delete ${path}`);
    }
  }

  async #open(path: StoragePath): Promise<{ readonly handle: FileHandle; readonly facts: FileFacts } | undefined> {
    const file = this.#file(path);
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, "r");
      return { handle, facts: await readTrailer(handle, path) };
    } catch (error) {
      await handle?.close();
      if (!handle && isAbsent(error)) return undefined;
      throw toStorageError(error, `to read ${path}`);
    }
  }

  async #removeForgotten(file: string): Promise<void> {
    try {
      const { mtimeMs } = await stat(file);
      if (mtimeMs < this.#clock.now() - FORGOTTEN_AFTER_MS) await rm(file, { force: true });
    } catch (error) {
      if (!isAbsent(error)) throw error; // its writer has finished, or another process tidies up too
    }
  }

  #file(path: StoragePath): string {
    return join(this.directory, checkStoragePath(path) + FILE_SUFFIX);
  }

  #unfinished(name = ""): string {
    return join(this.directory, UNFINISHED, name);
  }
}

/** Writes on and counts and hashes what it wrote. */
class HashingWriter {
  size = 0;
  readonly #hash = createHash("sha256");
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    this.size += chunk.byteLength;
    await this.#handle.writeFile(chunk);
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** The stream that was to be stored failed, not the disk. */
class SourceFailure extends Error {}

async function pour(content: ReadableStream<Uint8Array>, writer: HashingWriter): Promise<void> {
  const reader = content.getReader();
  for (;;) {
    const next = await reader.read().catch((cause: unknown) => {
      throw new SourceFailure("The content could not be read.", { cause });
    });
    if (next.done) return;
    try {
      await writer.write(next.value);
    } catch (error) {
      await reader.cancel(error).catch(() => {}); // the disk's failure is the one to report
      throw error;
    }
  }
}

function pick({ mimeType, fileName }: FileMeta): FileMeta {
  return fileName === undefined ? { mimeType } : { mimeType, fileName };
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemCode(error));
}

function notFound(path: StoragePath): CrmError {
  return new CrmError("CRM_STORAGE_NOT_FOUND", `There is no file at ${path}.`, { status: 404, details: { path } });
}
