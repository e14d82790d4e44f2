import { contract, registryReach } from "../contract.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { Json, Timestamp } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { FactDefinition } from "./fact.ts";

/** A row of facts: a value for each column, null included, and `attributes` as FactDefinition says. */
export type FactRow = Readonly<Record<string, Json>>;

/** The rows that a projection builds, within the tenant and unit of work of the events at hand. */
export interface FactRows {
  /** One round trip; unknown keys are left out. */
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, FactRow>>;
  /** Inserts or replaces, in one round trip; the last of a key wins. */
  putMany(rows: ReadonlyMap<string, FactRow>): Promise<void>;
  deleteMany(keys: readonly string[]): Promise<void>;
}

/**
 * Turns events into facts. Verified by `describeProjection` in `@crmessenger/testing`.
 *
 * Its rows follow from the events alone: no clock, no random, no other store, so that a rebuild makes the same rows.
 * Events of one aggregate come in order; a batch may hold many aggregates, and may come again after a rollback.
 */
export interface Projection extends Named {
  /** Raised when the rows of the same events would differ: the new version is built beside the old one, then takes over. */
  readonly version: number;
  readonly fact: FactDefinition;
  /** Topics with the event version it was written for. */
  readonly topics: Readonly<Record<string, number>>;
  /** Runs in the unit of work that moves its checkpoint. A throw rolls back and retries the events one by one. */
  apply(events: readonly StoredEvent[], rows: FactRows): Promise<void>;
}

/** How far a version of a projection is. */
export interface ProjectionState {
  readonly name: string;
  readonly version: number;
  readonly status: "live" | "building" | "failed";
  readonly position: number;
  /** Events it has not seen yet. */
  readonly lag: number;
  /** Everything that happened before this moment is in its rows. */
  readonly asOf: Timestamp;
  /** Why it failed, in a sentence. */
  readonly failure?: string;
}

/** The projections of the application, kept up to date by whoever provides this. */
export interface Projections extends Registry<Projection> {
  /** Every version that is kept; one that is `building` serves no report. */
  states(): Promise<readonly ProjectionState[]>;
  /**
   * Begins to build anew from the start of the event log while the present rows serve; the new ones take over by
   * themselves. While that goes on, asking again changes nothing. `CRM_REGISTRY_UNKNOWN` (422).
   */
  rebuild(name: string): Promise<void>;
}

export const Projections = contract<Projections>("analytics.projections", 1, registryReach);
