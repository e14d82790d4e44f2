import type { Activity } from "@crmessenger/kernel/communication";
import { type Lead, LeadAssigned, LeadStatusChanged, LeadUpdated } from "@crmessenger/kernel/sales";
import { applyChange } from "../record/apply-change.ts";
import { changesBetween } from "../record/changes-between.ts";
import type { SalesServices } from "../services.ts";

/** What no plugin changes on the side: what has rules of its own. */
const FIXED = ["contactId", "status", "statusSince", "statusReason"] as const;

/**
 * Stores a changed lead with everything that goes with a change: the plugins' say, the audit entry, the timeline and
 * an event for each kind of change. What changes nothing leaves no trace.
 */
export async function storeLead(
  services: SalesServices,
  change: { readonly before: Lead; readonly after: Lead; readonly action: string },
): Promise<Lead> {
  const { before, action } = change;
  if (Object.keys(changesBetween(before, change.after)).length === 0) return before;
  const after = await applyChange(services.hooks.leadChange, { previous: before, next: change.after }, FIXED);
  const changes = changesBetween(before, after);
  const fields = Object.keys(changes);
  if (fields.length === 0) return before;
  const lead = await services.leads.update(after);
  await services.auditor.track([{ action, target: { type: "lead", id: lead.id }, changes }]);
  const kinds = kindsOf(fields);
  await services.timeline.add(kinds.map((kind) => activityOf(kind, before, lead, fields)));
  for (const kind of kinds) await dispatch(kind, services, before, lead);
  return lead;
}

type Kind = "lead-updated" | "lead-assigned" | "lead-status";

const ASSIGNMENT = new Set(["ownerId", "teamId"]);
const STATUS = new Set(["status", "statusSince", "statusReason"]);

function kindsOf(fields: readonly string[]): readonly Kind[] {
  const kinds: Kind[] = [];
  if (fields.some((field) => !ASSIGNMENT.has(field) && !STATUS.has(field))) kinds.push("lead-updated");
  if (fields.some((field) => ASSIGNMENT.has(field))) kinds.push("lead-assigned");
  if (fields.includes("status")) kinds.push("lead-status");
  return kinds;
}

function activityOf(
  kind: Kind,
  before: Lead,
  after: Lead,
  fields: readonly string[],
): Omit<Activity, "actor" | "at" | "id"> {
  const place = { contactId: after.contactId, leadId: after.id, kind };
  switch (kind) {
    case "lead-updated":
      return { ...place, data: { fields: fields.filter((field) => !ASSIGNMENT.has(field) && !STATUS.has(field)) } };
    case "lead-assigned":
      return { ...place, data: { ownerId: after.ownerId, teamId: after.teamId, previousOwnerId: before.ownerId } };
    case "lead-status":
      return { ...place, data: { status: after.status, previousStatus: before.status, reason: after.statusReason } };
  }
}

async function dispatch(kind: Kind, { events }: SalesServices, before: Lead, lead: Lead): Promise<void> {
  const aggregate = { type: "lead", id: lead.id, version: lead.version };
  switch (kind) {
    case "lead-updated":
      return events.dispatch(LeadUpdated, aggregate, { lead });
    case "lead-assigned":
      return events.dispatch(LeadAssigned, aggregate, { lead, previousOwnerId: before.ownerId });
    case "lead-status":
      return events.dispatch(LeadStatusChanged, aggregate, { lead, previousStatus: before.status });
  }
}
