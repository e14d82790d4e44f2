import type { z } from "zod";
import { contract } from "../contract.ts";
import type { Criteria } from "./criteria.ts";
import type { JsonObject } from "./json.ts";
import type { Page, PageRequest } from "./page.ts";

/** A plugin's own typed documents. Its name is `<plugin>.<documents>`. */
export interface CollectionDefinition<T extends object = JsonObject> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** Fields (or paths) whose combination is unique, by constraint name. Documents where one is null are exempt. */
  readonly unique: Readonly<Record<string, readonly string[]>>;
  /** Fields that are searched often. */
  readonly indexes: readonly string[];
}

export interface Stored<T extends object> {
  readonly key: string;
  /** Rises by one with every write. */
  readonly version: number;
  readonly value: T;
}

/** Documents of one kind, within the tenant and unit of work of the execution context. */
export interface Collection<T extends object> {
  get(key: string, options?: { readonly lock?: boolean }): Promise<Stored<T> | undefined>;
  getMany(keys: readonly string[]): Promise<readonly Stored<T>[]>;
  find(criteria: Criteria, page?: PageRequest): Promise<Page<Stored<T>>>;
  /** `CRM_STORAGE_DUPLICATE` when the key or a unique combination is taken. */
  insert(key: string, value: T): Promise<Stored<T>>;
  /** Inserts or replaces; with `expectedVersion` (0: must not exist) it may reject with `CRM_STORAGE_VERSION_CONFLICT`. */
  put(key: string, value: T, options?: { readonly expectedVersion?: number }): Promise<Stored<T>>;
  /** Many at once, in one round trip, last write wins. */
  putMany(entries: readonly { readonly key: string; readonly value: T }[]): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** What a plugin stores without seeing SQL. Verified by `describeCollections` in `@crmessenger/testing`. */
export interface Collections {
  open<T extends object>(definition: CollectionDefinition<T>): Collection<T>;
}

export const Collections = contract<Collections>("infrastructure.collections", 1, { open: { makes: {} } });

/** Declares a collection. */
export function defineCollection<T extends object>(
  name: string,
  definition: { readonly schema: z.ZodType<T> } & Partial<Pick<CollectionDefinition<T>, "unique" | "indexes">>,
): CollectionDefinition<T> {
  return Object.freeze({ unique: {}, indexes: [], ...definition, name });
}
