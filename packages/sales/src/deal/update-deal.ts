import { type Handler, handle } from "@crmessenger/kernel";
import { UpdateDeal } from "@crmessenger/kernel/sales";
import { findContact } from "../contact/find-contact.ts";
import { findPipeline } from "../pipeline/find-pipeline.ts";
import { requireVersion } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { DealEntity } from "./deal-entity.ts";
import { findDeal } from "./find-deal.ts";
import { requireAmount } from "./require-amount.ts";
import { storeDeal } from "./store-deal.ts";

/** Serves `UpdateDeal`. */
export function updateDeal(services: SalesServices): Handler {
  return handle(UpdateDeal, async ({ id, version, title, amount, contactId, attributes }, context) => {
    const scope = await context.scope();
    const before = await findDeal(services, id, scope, { lock: true });
    requireVersion(before, version);
    if (contactId !== undefined && contactId !== null) await findContact(services, contactId, scope);
    const pipeline = await findPipeline(services, before.pipelineId);
    const deal = new DealEntity(before, pipeline);
    if (title !== undefined) deal.retitle(storable(title));
    if (amount !== undefined) deal.setAmount(amount);
    if (contactId !== undefined) deal.setContact(contactId);
    if (attributes !== undefined) deal.setAttributes(storable(attributes));
    requireAmount(deal.record, pipeline);
    return storeDeal(services, { before, after: deal.record, pipeline, action: UpdateDeal.name });
  });
}
