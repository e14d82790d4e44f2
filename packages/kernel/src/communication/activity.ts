import { contract } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Page, PageRequest } from "../infrastructure/page.ts";
import type { Actor } from "../context/actor.ts";

/** One line of a timeline: something that happened around a contact. */
export interface Activity {
  readonly id: string;
  readonly contactId: string;
  readonly leadId: string | null;
  /** `message`, `lead-created`, `lead-status`, …; plugins add their own as `<plugin>.<kind>`. */
  readonly kind: string;
  readonly actor: Actor;
  readonly at: Timestamp;
  /** What a reader of the line needs, such as `{ messageId, direction, preview }`. */
  readonly data: JsonObject;
}

/** The feed of everything that happened around a contact or lead. Verified by `describeTimeline` in `@crmessenger/testing`. */
export interface Timeline {
  /** Part of the current unit of work; outside one it is `CRM_UOW_REQUIRED`. */
  add(activities: readonly Omit<Activity, "actor" | "at" | "id">[]): Promise<void>;
  /** Newest first. */
  of(holder: { readonly contactId: string } | { readonly leadId: string }, page?: PageRequest): Promise<Page<Activity>>;
}

export const Timeline = contract<Timeline>("communication.timeline", 1);
