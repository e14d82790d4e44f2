import { type Handler, handle } from "@crmessenger/kernel";
import { CreateLead, LeadCreated } from "@crmessenger/kernel/sales";
import { findContact } from "../contact/find-contact.ts";
import { applyDraft } from "../record/apply-draft.ts";
import { changesBetween } from "../record/changes-between.ts";
import { isInScope } from "../record/is-in-scope.ts";
import { outOfScope } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import { type SalesServices, timestampOf } from "../services.ts";
import { LeadEntity } from "./lead-entity.ts";

/** What makes the lead the lead that was asked for, and its state, which has rules of its own. */
const FIXED = ["id", "contactId", "status", "statusSince", "statusReason"] as const;

/** Serves `CreateLead`. */
export function createLead(services: SalesServices): Handler {
  return handle(CreateLead, async (input, context) => {
    const scope = await context.scope();
    await findContact(services, input.contactId, scope);
    const given = LeadEntity.draft(
      {
        id: services.ids.next(),
        title: storable(input.title),
        contactId: input.contactId,
        source: storable(input.source),
        ownerId: input.ownerId,
        teamId: input.teamId,
        attributes: storable(input.attributes),
      },
      timestampOf(services.clock),
    );
    const draft = await applyDraft(services.hooks.leadDraft, given, FIXED);
    if (!isInScope(scope, draft)) throw outOfScope("lead");
    const lead = await services.leads.insert(draft);
    const target = { type: "lead", id: lead.id };
    await services.auditor.track([{ action: CreateLead.name, target, changes: changesBetween(undefined, lead) }]);
    await services.timeline.add([
      {
        contactId: lead.contactId,
        leadId: lead.id,
        kind: "lead-created",
        data: { title: lead.title, source: lead.source.channel },
      },
    ]);
    await services.events.dispatch(LeadCreated, { ...target, version: lead.version }, { lead });
    return lead;
  });
}
