import { contract } from "../contract.ts";

/** Segments of letters, digits, `.`, `_` and `-`, joined by `/`; no empty, `.` or `..` segment. */
export type StoragePath = string;

export interface FileMeta {
  /** A MIME type, such as `image/jpeg`. */
  readonly mimeType: string;
  /** As the sender named it; never used as a path. */
  readonly fileName?: string;
}

export interface StoredFile extends FileMeta {
  readonly path: StoragePath;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex of the content. */
  readonly sha256: string;
}

/** Keeps files. Verified by `describeStorage` in `@crmessenger/testing`. */
export interface Storage {
  /**
   * Resolves once the bytes are durable and replaces what was at the path, atomically: a reader sees the old file
   * or the new one. Rejects with `CRM_STORAGE_FULL` or `CRM_STORAGE_UNAVAILABLE` (retryable), `CRM_STORAGE_PATH`.
   */
  put(path: StoragePath, content: Uint8Array | ReadableStream<Uint8Array>, meta: FileMeta): Promise<StoredFile>;
  /** The content, or its bytes from `start` up to but without `end`; `CRM_STORAGE_NOT_FOUND` (404) when there is no file. */
  get(
    path: StoragePath,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<ReadableStream<Uint8Array>>;
  stat(path: StoragePath): Promise<StoredFile | undefined>;
  /** Answers whether there was one. */
  delete(path: StoragePath): Promise<boolean>;
}

export const Storage = contract<Storage>("infrastructure.storage", 1);
