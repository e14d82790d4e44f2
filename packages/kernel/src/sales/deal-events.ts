import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { id } from "../schema.ts";
import { dealSchema } from "./deal-schemas.ts";

/** A deal exists. Aggregate: `deal`. */
export const DealCreated = defineEvent("deal.created", { 1: z.object({ deal: dealSchema }) });
/** A deal's own fields changed, its owner included, its stage excepted. Aggregate: `deal`. */
export const DealUpdated = defineEvent("deal.updated", { 1: z.object({ deal: dealSchema }) });
/** A deal moved to another stage. Aggregate: `deal`. */
export const DealStageChanged = defineEvent("deal.stage-changed", {
  1: z.object({ deal: dealSchema, previousStageId: id }),
});
/** A deal came to a won stage from one of another kind; comes after its `deal.stage-changed`. Aggregate: `deal`. */
export const DealWon = defineEvent("deal.won", { 1: z.object({ deal: dealSchema }) });
/** A deal came to a lost stage from one of another kind, for this reason; comes after its `deal.stage-changed`. Aggregate: `deal`. */
export const DealLost = defineEvent("deal.lost", {
  1: z.object({ deal: dealSchema, reason: z.string().nullable() }),
});
/** A lead was converted; what it became was recorded before. Aggregate: `lead`. */
export const LeadConverted = defineEvent("lead.converted", {
  1: z.object({ leadId: id, dealId: id, contactId: id, companyId: id.nullable(), strategy: z.string() }),
});
