import { transformPoint } from "../hooks/hook-point.ts";
import type { NewRecord } from "../infrastructure/repository.ts";
import type { Contact } from "./contact.ts";
import type { EntityChange } from "./entity-change.ts";
import type { Lead } from "./lead.ts";

export const SalesHooks = Object.freeze({
  /**
   * A lead is about to be created, by a command or by a first message: owner, title and custom fields can change here.
   * Runs once per lead inside its unit of work, again when that is retried; a throw aborts the creation.
   */
  leadDraft: transformPoint<NewRecord<Lead>>("sales.lead-draft"),
  /** A contact is about to be created. As `leadDraft`. */
  contactDraft: transformPoint<NewRecord<Contact>>("sales.contact-draft"),
  /**
   * A lead is about to be stored with changes: what `leadDraft` may change can change in `next`. Runs inside the unit of
   * work, again when that is retried; a throw aborts the change.
   */
  leadChange: transformPoint<EntityChange<Lead>>("sales.lead-change"),
  /** A contact is about to be stored with changes. As `leadChange`. */
  contactChange: transformPoint<EntityChange<Contact>>("sales.contact-change"),
});
