import type { z } from "zod";
import { contract, registryReach } from "../contract.ts";
import type { EntityRef } from "../infrastructure/entity-ref.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/**
 * What sets a workflow off: a change of status, a first message, three days of silence. One trigger serves many
 * workflows, each with its own settings. It only looks: it runs in the unit of work of the engine's subscription, and
 * again when that is retried. A throw retries the event, and after the subscription's attempts it is a dead letter.
 */
export interface Trigger<S = JsonObject> extends Named {
  /** One sentence for whoever builds a workflow. */
  readonly description: string;
  /** Events that it is asked about. */
  readonly topics: readonly string[];
  /** What a workflow may set; checked when the workflow is saved. */
  readonly settings: z.ZodType<S>;
  isSatisfiedBy(event: StoredEvent, settings: S): Promise<boolean>;
  /** What the run is about: the lead of a message, for example. Absent: the event's aggregate. */
  subjectOf?(event: StoredEvent): Promise<EntityRef>;
  /**
   * For triggers of absence. When the workflow is due after this event; each further event of the trigger's topics
   * about the same aggregate asks again, and its answer replaces the earlier one (null: no longer due). Kept across
   * restarts. Absent: the workflow is due at once whenever the trigger is satisfied.
   */
  dueAt?(event: StoredEvent, settings: S): Promise<Timestamp | null>;
}

/** The triggers that workflows can name. */
export interface Triggers extends Registry<Trigger> {}

export const Triggers = contract<Triggers>("automation.triggers", 1, registryReach);

/** A trigger for a registry, typed by its settings. */
export function defineTrigger<S>(trigger: Trigger<S>): Trigger {
  return trigger as unknown as Trigger;
}
