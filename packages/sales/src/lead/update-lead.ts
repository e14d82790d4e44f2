import { type Handler, handle } from "@crmessenger/kernel";
import { UpdateLead } from "@crmessenger/kernel/sales";
import { requireVersion } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { findLead } from "./find-lead.ts";
import { LeadEntity } from "./lead-entity.ts";
import { storeLead } from "./store-lead.ts";

/** Serves `UpdateLead`. */
export function updateLead(services: SalesServices): Handler {
  return handle(UpdateLead, async ({ id, version, title, attributes }, context) => {
    const before = await findLead(services, id, await context.scope(), { lock: true });
    requireVersion(before, version);
    const lead = new LeadEntity(before, services.states);
    if (title !== undefined) lead.retitle(storable(title));
    if (attributes !== undefined) lead.setAttributes(storable(attributes));
    return storeLead(services, { before, after: lead.record, action: UpdateLead.name });
  });
}
