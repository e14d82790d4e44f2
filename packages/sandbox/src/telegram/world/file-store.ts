import { randomBytes } from "node:crypto";
import type { StoredFile } from "./stored-file.ts";

/** The files that messages show. */
export class FileStore {
  readonly #files = new Map<bigint, StoredFile>();

  add(file: Omit<StoredFile, "id" | "createdAt">): StoredFile {
    const id = randomBytes(8).readBigInt64LE(0);
    const stored = { ...file, id, createdAt: Date.now() };
    this.#files.set(id, stored);
    return stored;
  }

  find(id: bigint): StoredFile | undefined {
    return this.#files.get(id);
  }
}
