import { contract } from "../contract.ts";
import type { Criteria } from "./criteria.ts";
import type { EntityRef } from "./entity-ref.ts";
import type { JsonObject } from "./json.ts";
import type { Page, PageRequest } from "./page.ts";

/** What can be found of one entity. */
export interface SearchDocument {
  readonly ref: EntityRef;
  /** The version of the entity that this was made from: an older document never replaces a newer one. */
  readonly version: number;
  /** Shown for a hit, and weighs most. */
  readonly title: string;
  /** Everything else that a person may look for. */
  readonly text: string;
  /** Plain fields that criteria and access scopes are evaluated over, such as `ownerId` and `teamId`. */
  readonly fields: JsonObject;
}

/** Something found. */
export interface SearchHit {
  readonly ref: EntityRef;
  readonly title: string;
  /** A piece of the text around the match, without markup. */
  readonly excerpt: string;
}

/** What to look for. */
export interface SearchRequest {
  /** As a person typed it: 1 to 500 characters, no query language. */
  readonly text: string;
  /** Entity types; default all. */
  readonly types?: readonly string[];
  /**
   * Evaluated over `fields` before anything is counted or answered. The caller joins the access scope here by `and`:
   * an index knows no rights.
   */
  readonly criteria: Criteria;
}

/**
 * Full-text search over entities, within the tenant of the execution context. It follows the events: a change can be
 * found soon after its commit, and a rebuild from the entities loses nothing. No suite verifies it yet.
 *
 * Errors: `CRM_SEARCH_UNAVAILABLE` (503, retryable).
 */
export interface SearchIndex {
  /** Inserts or replaces, by reference. Safe to repeat. */
  put(documents: readonly SearchDocument[]): Promise<void>;
  /** Takes documents out; unknown ones are fine. */
  remove(refs: readonly EntityRef[]): Promise<void>;
  /** Best match first; `page.sort` is not used. */
  search(request: SearchRequest, page?: PageRequest): Promise<Page<SearchHit>>;
}

export const SearchIndex = contract<SearchIndex>("infrastructure.search-index", 1);
