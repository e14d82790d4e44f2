import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { id } from "../schema.ts";
import { contactSchema, leadSchema } from "./schemas.ts";

/** A contact exists. Aggregate: `contact`. */
export const ContactCreated = defineEvent("contact.created", { 1: z.object({ contact: contactSchema }) });
/** A contact's own fields changed. Aggregate: `contact`. */
export const ContactUpdated = defineEvent("contact.updated", { 1: z.object({ contact: contactSchema }) });
/** A lead exists. Aggregate: `lead`. */
export const LeadCreated = defineEvent("lead.created", { 1: z.object({ lead: leadSchema }) });
/** A lead's title or custom fields changed. Aggregate: `lead`. */
export const LeadUpdated = defineEvent("lead.updated", { 1: z.object({ lead: leadSchema }) });
/** A lead got another owner, or none. Aggregate: `lead`. */
export const LeadAssigned = defineEvent("lead.assigned", {
  1: z.object({ lead: leadSchema, previousOwnerId: id.nullable() }),
});
/** A lead moved to another status. Aggregate: `lead`. */
export const LeadStatusChanged = defineEvent("lead.status-changed", {
  1: z.object({ lead: leadSchema, previousStatus: z.string() }),
});
