import { contract } from "../contract.ts";
import type { Actor } from "../context/actor.ts";
import type { JsonObject, Timestamp } from "./json.ts";

/** The entity an event is about. Events of one aggregate are delivered in the order in which they happened. */
export interface AggregateRef {
  readonly type: string;
  readonly id: string;
  /** The version the aggregate has after the change, where it has one. */
  readonly version?: number;
}

/** A fact that is about to be logged; the dispatcher has already validated its payload. */
export interface NewEvent {
  readonly id: string;
  readonly topic: string;
  readonly version: number;
  readonly aggregate: AggregateRef;
  readonly payload: JsonObject;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly occurredAt: Timestamp;
}

/** A committed fact with its place in the log. */
export interface StoredEvent extends NewEvent {
  /** Dense, rising from 1; an event becomes visible to readers only when every smaller position is. */
  readonly position: number;
}

export interface DurableSubscription {
  /** Unique in the application: the checkpoint is kept under it. */
  readonly name: string;
  readonly topics: readonly string[];
  /** Where a subscription that has no checkpoint yet begins. Default `"head"`. */
  readonly from?: "start" | "head";
  /** Events handed over in one unit of work. Default 100. */
  readonly batchSize?: number;
  /**
   * Milliseconds that an event may wait for others to share its unit of work, for subscribers to whom a unit costs more
   * than a delay. Default 0; an event log may hand over sooner.
   */
  readonly lingerMs?: number;
  /** How often an event may fail before it becomes a dead letter. Default 8. */
  readonly maxAttempts?: number;
  /**
   * Runs inside a unit of work that also moves the checkpoint: what it writes happens exactly once. Work that talks
   * to the outside is enqueued as a job here. A throw rolls back; events are then retried one by one, with back-off.
   */
  handle(events: readonly StoredEvent[]): Promise<void>;
}

/** A subscription with what it is about. */
export interface SubscriptionTopics {
  readonly name: string;
  readonly topics: readonly string[];
}

export interface SubscriptionState {
  readonly name: string;
  readonly position: number;
  /** Events of its topics that it has not handled yet. */
  readonly lag: number;
  readonly deadLetters: number;
  /** In this process. */
  readonly running: boolean;
  readonly lastError?: string;
}

export interface ReadEvents {
  /** Exclusive. */
  readonly after: number;
  /** 1 to 1000; default 100. */
  readonly limit?: number;
  readonly topics?: readonly string[];
}

/**
 * The append-only log of what happened. Delivery is at least once and in order per aggregate; with the checkpoint
 * in the subscriber's unit of work, effects inside the database are exactly once.
 * Verified by `describeEventLog` in `@crmessenger/testing`.
 */
export interface EventLog {
  /** Adds the events to the current unit of work; outside one it is `CRM_UOW_REQUIRED`. */
  append(events: readonly NewEvent[]): Promise<void>;
  /** Events of the current tenant in order of position. */
  read(query: ReadEvents): Promise<readonly StoredEvent[]>;
  /** The last visible position, 0 when the log is empty. */
  head(): Promise<number>;
  /** Starts delivering. One process at a time serves a subscription; another one takes over when it dies. */
  subscribe(subscription: DurableSubscription): Promise<RunningSubscription>;
  /**
   * The state of every subscription that this process runs, or of these, whoever runs them; those that never ran are
   * left out.
   */
  subscriptions(of?: readonly SubscriptionTopics[]): Promise<readonly SubscriptionState[]>;
  /** Moves a subscription's checkpoint back (or forward) to just after `position`; `CRM_EVENT_UNKNOWN_SUBSCRIPTION` (404) when it has none. */
  replay(name: string, position: number): Promise<void>;
  /** Calls `wake` soon after new events became visible, in this process or another; may call too often. */
  watch(wake: () => void): () => void;
}

export interface RunningSubscription {
  /** Resolves when the batch in hand is finished; nothing is delivered afterwards. */
  stop(): Promise<void>;
}

export const EventLog = contract<EventLog>("infrastructure.event-log", 1, { watch: "undo" });
