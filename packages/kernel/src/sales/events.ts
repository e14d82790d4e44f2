import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { inField } from "../bus/nested-step.ts";
import { id } from "../schema.ts";
import { leadShape } from "./lead-shape.ts";
import { contactSchema, leadSchema, leadV1Schema } from "./schemas.ts";

const leadStep = inField("lead", leadShape.step(1));
const leadV1 = z.object({ lead: leadV1Schema });
const lead = z.object({ lead: leadSchema });

/** A contact exists. Aggregate: `contact`. */
export const ContactCreated = defineEvent("contact.created", { 1: z.object({ contact: contactSchema }) });
/** A contact's own fields changed. Aggregate: `contact`. */
export const ContactUpdated = defineEvent("contact.updated", { 1: z.object({ contact: contactSchema }) });
/** A lead exists. Aggregate: `lead`. */
export const LeadCreated = defineEvent("lead.created", { 1: leadV1, 2: lead }, { 1: leadStep });
/** A lead's title or custom fields changed. Aggregate: `lead`. */
export const LeadUpdated = defineEvent("lead.updated", { 1: leadV1, 2: lead }, { 1: leadStep });
/** A lead got another owner, or none. Aggregate: `lead`. */
export const LeadAssigned = defineEvent(
  "lead.assigned",
  { 1: leadV1.extend({ previousOwnerId: id.nullable() }), 2: lead.extend({ previousOwnerId: id.nullable() }) },
  { 1: leadStep },
);
/** A lead moved to another status. Aggregate: `lead`. */
export const LeadStatusChanged = defineEvent(
  "lead.status-changed",
  { 1: leadV1.extend({ previousStatus: z.string() }), 2: lead.extend({ previousStatus: z.string() }) },
  { 1: leadStep },
);
