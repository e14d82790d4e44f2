import { type Handler, handle } from "@crmessenger/kernel";
import { AssignDeal } from "@crmessenger/kernel/sales";
import { findPipeline } from "../pipeline/find-pipeline.ts";
import type { SalesServices } from "../services.ts";
import { DealEntity } from "./deal-entity.ts";
import { findDeal } from "./find-deal.ts";
import { storeDeal } from "./store-deal.ts";

/** Serves `AssignDeal`. A caller may give away what is in reach, to whom it may be out of reach. */
export function assignDeal(services: SalesServices): Handler {
  return handle(AssignDeal, async ({ id, ownerId, teamId }, context) => {
    const before = await findDeal(services, id, await context.scope(), { lock: true });
    const pipeline = await findPipeline(services, before.pipelineId);
    const deal = new DealEntity(before, pipeline);
    deal.assignTo(ownerId, teamId);
    return storeDeal(services, { before, after: deal.record, pipeline, action: AssignDeal.name });
  });
}
