import { type Handler, handle } from "@crmessenger/kernel";
import { AssignLead } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";
import { findLead } from "./find-lead.ts";
import { LeadEntity } from "./lead-entity.ts";
import { storeLead } from "./store-lead.ts";

/** Serves `AssignLead`. A caller may give away what is in reach, to whom it may be out of reach. */
export function assignLead(services: SalesServices): Handler {
  return handle(AssignLead, async ({ id, ownerId, teamId }, context) => {
    const before = await findLead(services, id, await context.scope(), { lock: true });
    const lead = new LeadEntity(before, services.states);
    lead.assignTo(ownerId, teamId);
    return storeLead(services, { before, after: lead.record, action: AssignLead.name });
  });
}
