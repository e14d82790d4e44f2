import { type Handler, handle } from "@crmessenger/kernel";
import { CreateDeal, DealCreated } from "@crmessenger/kernel/sales";
import { findContact } from "../contact/find-contact.ts";
import { findPipeline } from "../pipeline/find-pipeline.ts";
import { applyDraft } from "../record/apply-draft.ts";
import { changesBetween } from "../record/changes-between.ts";
import { isInScope } from "../record/is-in-scope.ts";
import { outOfScope } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import { type SalesServices, timestampOf } from "../services.ts";
import { DealEntity } from "./deal-entity.ts";
import { requireAmount } from "./require-amount.ts";

/** What makes the deal the deal that was asked for, and its stage, which has rules of its own. */
const FIXED = [
  "id",
  "pipelineId",
  "stageId",
  "stageChangedAt",
  "closedAt",
  "contactId",
  "companyId",
  "leadId",
] as const;

/** Serves `CreateDeal`. The pipeline is anybody's who may create deals. */
export function createDeal(services: SalesServices): Handler {
  return handle(CreateDeal, async ({ pipelineId, stageId, ...input }, context) => {
    const scope = await context.scope();
    if (input.contactId !== null) await findContact(services, input.contactId, scope);
    const pipeline = await findPipeline(services, pipelineId, { lock: true }); // its stages must not go meanwhile
    const given = DealEntity.draft(
      { ...input, id: services.ids.next(), title: storable(input.title), attributes: storable(input.attributes) },
      pipeline,
      stageId,
      timestampOf(services.clock),
    );
    requireAmount(given, pipeline);
    const draft = await applyDraft(services.hooks.dealDraft, given, FIXED);
    requireAmount(draft, pipeline);
    if (!isInScope(scope, draft)) throw outOfScope("deal");
    const deal = await services.deals.insert(draft);
    const target = { type: "deal", id: deal.id };
    await services.auditor.track([{ action: CreateDeal.name, target, changes: changesBetween(undefined, deal) }]);
    if (deal.contactId !== null) {
      const data = { dealId: deal.id, title: deal.title };
      await services.timeline.add([{ contactId: deal.contactId, leadId: deal.leadId, kind: "deal-created", data }]);
    }
    await services.events.dispatch(DealCreated, { ...target, version: deal.version }, { deal });
    return deal;
  });
}
