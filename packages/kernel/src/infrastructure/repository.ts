import type { Criteria } from "./criteria.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Json, Timestamp } from "./json.ts";

/** What every stored entity carries. Records are plain data; the storage never hands out its own objects. */
export interface EntityRecord {
  /** UUIDv7. */
  readonly id: string;
  readonly tenantId: string;
  /** Starts at 1 and rises by one with every update. */
  readonly version: number;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** Set when the entity was deleted softly; such entities are found only by `get`. */
  readonly deletedAt: Timestamp | null;
}

/** A record before it is stored: the storage fills in tenant, version and times. */
export type NewRecord<R extends EntityRecord> = Omit<
  R,
  "tenantId" | "version" | "createdAt" | "updatedAt" | "deletedAt"
>;

export interface GetOptions {
  /** Lock the row until the unit of work ends, so that what follows sees no concurrent change. */
  readonly lock?: boolean;
}

/**
 * Entities of one kind, within the tenant of the execution context and, where there is one, its unit of work.
 * Verified by `describeRepository` in `@crmessenger/testing`.
 */
export interface Repository<R extends EntityRecord> {
  get(id: string, options?: GetOptions): Promise<R | undefined>;
  /** The records of these ids, in no particular order; unknown and deleted ones are left out. */
  getMany(ids: readonly string[]): Promise<readonly R[]>;
  /** Live records that match, sorted; ties are broken by id. */
  find(criteria: Criteria, page?: PageRequest): Promise<Page<R>>;
  count(criteria: Criteria): Promise<number>;
  /** Rejects with `CRM_STORAGE_DUPLICATE` (409, details.constraint) when a unique key is taken. */
  insert(record: NewRecord<R>): Promise<R>;
  /** Stores the record if its `version` is still the stored one; otherwise `CRM_STORAGE_VERSION_CONFLICT` (409). Answers the new version. */
  update(record: R): Promise<R>;
  /** Soft delete under the same version check. */
  remove(record: R): Promise<void>;
}

/** Custom field values, by field name. */
export type Attributes = Readonly<Record<string, Json>>;
