import { type Handler, handle } from "@crmessenger/kernel";
import { MoveDeal } from "@crmessenger/kernel/sales";
import { findPipeline } from "../pipeline/find-pipeline.ts";
import { storable } from "../record/storable.ts";
import { type SalesServices, timestampOf } from "../services.ts";
import { DealEntity } from "./deal-entity.ts";
import { findDeal } from "./find-deal.ts";
import { storeDeal } from "./store-deal.ts";

/** Serves `MoveDeal`. */
export function moveDeal(services: SalesServices): Handler {
  return handle(MoveDeal, async ({ id, stageId, reason }, context) => {
    const before = await findDeal(services, id, await context.scope(), { lock: true });
    const pipeline = await findPipeline(services, before.pipelineId, { lock: true }); // its stages must not go meanwhile
    const deal = new DealEntity(before, pipeline);
    deal.moveTo(stageId, timestampOf(services.clock));
    return storeDeal(services, {
      before,
      after: deal.record,
      pipeline,
      action: MoveDeal.name,
      reason: reason === undefined ? null : storable(reason),
    });
  });
}
