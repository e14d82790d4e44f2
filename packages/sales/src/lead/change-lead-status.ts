import { type Handler, handle } from "@crmessenger/kernel";
import { ChangeLeadStatus } from "@crmessenger/kernel/sales";
import { storable } from "../record/storable.ts";
import { type SalesServices, timestampOf } from "../services.ts";
import { findLead } from "./find-lead.ts";
import { LeadEntity } from "./lead-entity.ts";
import { storeLead } from "./store-lead.ts";

/** Serves `ChangeLeadStatus`. */
export function changeLeadStatus(services: SalesServices): Handler {
  return handle(ChangeLeadStatus, async ({ id, status, reason }, context) => {
    const before = await findLead(services, id, await context.scope(), { lock: true });
    const lead = new LeadEntity(before, services.states);
    lead.transitionTo(status, timestampOf(services.clock), reason === undefined ? null : storable(reason));
    return storeLead(services, { before, after: lead.record, action: ChangeLeadStatus.name });
  });
}
