import { CrmError } from "@crmessenger/kernel";
import type { Attributes, NewRecord, Timestamp } from "@crmessenger/kernel/infrastructure";
import type { Lead, LeadStates, LeadStatus } from "@crmessenger/kernel/sales";
import { mergeAttributes } from "../record/merge-attributes.ts";

/**
 * A lead while it changes, with the rules it changes by. Storage, audit and events see `record`: plain data, a new
 * object for every change.
 */
export class LeadEntity {
  #record: Lead;
  readonly #states: LeadStates;

  constructor(record: Lead, states: LeadStates) {
    this.#record = record;
    this.#states = states;
  }

  /** A lead that does not exist yet. It begins in the first state, and it always has a source. */
  static draft(
    given: Omit<NewRecord<Lead>, "status" | "statusSince" | "statusReason">,
    at: Timestamp,
  ): NewRecord<Lead> {
    return { ...given, status: "new", statusSince: at, statusReason: null };
  }

  get record(): Lead {
    return this.#record;
  }

  retitle(title: string): void {
    this.#record = { ...this.#record, title };
  }

  /** Replaces the named custom fields; null removes one. */
  setAttributes(patch: Attributes): void {
    this.#record = { ...this.#record, attributes: mergeAttributes(this.#record.attributes, patch) };
  }

  /** Gives the lead to an owner, or to nobody; without `teamId` it stays with its team. */
  assignTo(ownerId: string | null, teamId: string | null = this.#record.teamId): void {
    this.#record = { ...this.#record, ownerId, teamId };
  }

  /** Moves along the transition table; anything else is `CRM_SALES_TRANSITION` (409) with the statuses that are open. */
  transitionTo(status: LeadStatus, at: Timestamp, reason: string | null = null): void {
    const from = this.#record.status;
    if (!this.#states.canTransition(from, status)) throw this.#noWay(from, status);
    this.#record = { ...this.#record, status, statusSince: at, statusReason: reason };
  }

  #noWay(from: LeadStatus, to: LeadStatus): CrmError {
    const allowed = this.#states.state(from)?.next ?? [];
    const ways =
      allowed.length === 0 ? "Nothing follows it: create a new lead" : `From there it can go to: ${allowed.join(", ")}`;
    return new CrmError("CRM_SALES_TRANSITION", `A lead can't go from "${from}" to "${to}". ${ways}.`, {
      status: 409,
      details: { from, to, allowed },
    });
  }
}
