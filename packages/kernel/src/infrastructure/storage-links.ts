import { contract } from "../contract.ts";
import type { Timestamp } from "./json.ts";
import type { StoragePath } from "./storage.ts";

/** An address that reads one file, for whoever holds it. */
export interface StorageLink {
  readonly url: string;
  readonly expiresAt: Timestamp;
}

/** How long a link works, and what its reader sees. */
export interface StorageLinkOptions {
  /** Milliseconds; 1 000 to 604 800 000 (a week). Default 900 000. */
  readonly expiresInMs?: number;
  /** Offered to the reader as the file's name. */
  readonly fileName?: string;
}

/**
 * Addresses for stored files, for storages that serve files by themselves (an object store with presigned links). Where
 * nobody provides it, files are read through `Storage` or the HTTP API. No suite verifies it yet.
 */
export interface StorageLinks {
  /**
   * A link that works without any other credential until it expires. `CRM_STORAGE_NOT_FOUND` (404) when there is no
   * file, `CRM_STORAGE_UNAVAILABLE` (retryable).
   */
  link(path: StoragePath, options?: StorageLinkOptions): Promise<StorageLink>;
}

export const StorageLinks = contract<StorageLinks>("infrastructure.storage-links", 1);
