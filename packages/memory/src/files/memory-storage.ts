import { createHash } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";
import type { FileMeta, Storage, StoragePath, StoredFile } from "@crmessenger/kernel/infrastructure";

interface Entry {
  readonly file: StoredFile;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const PATH = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const CHUNK_BYTES = 65_536;

/** Files, as bytes by path. */
export class MemoryStorage implements Storage {
  readonly #files = new Map<StoragePath, Entry>();

  async put(path: StoragePath, content: Uint8Array | ReadableStream<Uint8Array>, meta: FileMeta): Promise<StoredFile> {
    requirePath(path);
    const bytes = content instanceof Uint8Array ? new Uint8Array(content) : await readAll(content);
    const { mimeType, fileName } = meta;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = Object.freeze({
      path,
      size: bytes.byteLength,
      sha256,
      mimeType,
      ...(fileName === undefined ? {} : { fileName }),
    });
    this.#files.set(path, { file, bytes });
    return file;
  }

  async get(
    path: StoragePath,
    range: { readonly start: number; readonly end?: number } = { start: 0 },
  ): Promise<ReadableStream<Uint8Array>> {
    requirePath(path);
    const entry = this.#files.get(path);
    if (!entry)
      throw new CrmError("CRM_STORAGE_NOT_FOUND", `There is no file at ${path}.`, { status: 404, details: { path } });
    return streamOf(entry.bytes.slice(range.start, range.end));
  }

  async stat(path: StoragePath): Promise<StoredFile | undefined> {
    requirePath(path);
    return this.#files.get(path)?.file;
  }

  async delete(path: StoragePath): Promise<boolean> {
    requirePath(path);
    return this.#files.delete(path);
  }
}

function requirePath(path: StoragePath): void {
  const fine = PATH.test(path) && !path.split("/").some((segment) => segment === "." || segment === "..");
  if (fine) return;
  throw new CrmError(
    "CRM_STORAGE_PATH",
    `"${path}" is no storage path: use segments of letters, digits, ".", "_" and "-", joined by "/".`,
    { status: 422, details: { path } },
  );
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(Buffer.concat(chunks));
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.byteLength) controller.enqueue(bytes.subarray(at, (at += CHUNK_BYTES)));
      if (at >= bytes.byteLength) controller.close();
    },
  });
}
