import type { Activity } from "@crmessenger/kernel/communication";
import { type Deal, DealLost, DealStageChanged, DealUpdated, DealWon, type Pipeline } from "@crmessenger/kernel/sales";
import { applyChange } from "../record/apply-change.ts";
import { changesBetween } from "../record/changes-between.ts";
import type { SalesServices } from "../services.ts";
import { kindOfStage } from "./deal-entity.ts";
import { requireAmount } from "./require-amount.ts";

export interface DealChange {
  readonly before: Deal;
  readonly after: Deal;
  readonly pipeline: Pipeline;
  /** The command that changes it. */
  readonly action: string;
  /** Why it moves, if anybody said. */
  readonly reason?: string | null;
}

/** What no plugin changes on the side: whose deal it is, and what has rules of its own. */
const FIXED = ["pipelineId", "stageId", "stageChangedAt", "closedAt", "contactId", "companyId", "leadId"] as const;

const STAGE = new Set(["stageId", "stageChangedAt", "closedAt"]);

/**
 * Stores a changed deal with everything that goes with a change: the plugins' say, the audit entry, the timeline of its
 * contact and an event for each kind of change. What changes nothing leaves no trace.
 */
export async function storeDeal(services: SalesServices, change: DealChange): Promise<Deal> {
  const { before, action, reason = null } = change;
  if (Object.keys(changesBetween(before, change.after)).length === 0) return before;
  const after = await applyChange(services.hooks.dealChange, { previous: before, next: change.after }, FIXED);
  requireAmount(after, change.pipeline);
  const changes = changesBetween(before, after);
  const fields = Object.keys(changes);
  if (fields.length === 0) return before;
  const deal = await services.deals.update(after);
  const why = reason === null ? {} : { reason: { from: null, to: reason } };
  await services.auditor.track([{ action, target: { type: "deal", id: deal.id }, changes: { ...changes, ...why } }]);
  const own = fields.filter((field) => !STAGE.has(field));
  await services.timeline.add(activitiesOf(deal, before, own, reason));
  if (own.length > 0) await services.events.dispatch(DealUpdated, aggregateOf(deal), { deal });
  if (deal.stageId !== before.stageId) await tellStage(services, change, deal);
  return deal;
}

type NewActivity = Omit<Activity, "actor" | "at" | "id">;

/** A deal without a contact has no timeline. */
function activitiesOf(deal: Deal, before: Deal, own: readonly string[], reason: string | null): readonly NewActivity[] {
  const { id: dealId, contactId, leadId, stageId } = deal;
  if (contactId === null) return [];
  const activities: NewActivity[] = [];
  if (own.length > 0) activities.push({ contactId, leadId, kind: "deal-updated", data: { dealId, fields: own } });
  if (stageId !== before.stageId) {
    const data = { dealId, stageId, previousStageId: before.stageId, reason };
    activities.push({ contactId, leadId, kind: "deal-stage", data });
  }
  return activities;
}

async function tellStage(
  { events }: SalesServices,
  { before, pipeline, reason = null }: DealChange,
  deal: Deal,
): Promise<void> {
  const aggregate = aggregateOf(deal);
  await events.dispatch(DealStageChanged, aggregate, { deal, previousStageId: before.stageId });
  const kind = kindOfStage(pipeline, deal.stageId);
  if (kind === kindOfStage(pipeline, before.stageId)) return;
  if (kind === "won") await events.dispatch(DealWon, aggregate, { deal });
  if (kind === "lost") await events.dispatch(DealLost, aggregate, { deal, reason });
}

function aggregateOf({ id, version }: Deal): { readonly type: "deal"; readonly id: string; readonly version: number } {
  return { type: "deal", id, version };
}
