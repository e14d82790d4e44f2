import { type Handler, handle } from "@crmessenger/kernel";
import type { NewRecord } from "@crmessenger/kernel/infrastructure";
import { type Contact, ContactCreated, CreateContact } from "@crmessenger/kernel/sales";
import { addIdentities, identitiesOf, refuseTaken } from "../identity/claim-identities.ts";
import { applyDraft } from "../record/apply-draft.ts";
import { changesBetween } from "../record/changes-between.ts";
import { isInScope } from "../record/is-in-scope.ts";
import { outOfScope } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";

/** Serves `CreateContact`: the contact and its identities exist together or not at all. */
export function createContact(services: SalesServices): Handler {
  return handle(CreateContact, async (input, context) => {
    const scope = await context.scope();
    const claimed = identitiesOf(input.identities, services);
    const given: NewRecord<Contact> = {
      id: services.ids.next(),
      name: storable(input.name),
      ownerId: input.ownerId,
      attributes: storable(input.attributes),
    };
    const draft = await applyDraft(services.hooks.contactDraft, given, ["id"]);
    if (!isInScope(scope, draft)) throw outOfScope("contact");
    await refuseTaken(claimed, scope, services);
    const contact = await services.contacts.insert(draft);
    const identities = await addIdentities(contact.id, claimed, services);
    const changes = changesBetween(undefined, { ...contact, identities: claimed });
    await services.auditor.track([
      { action: CreateContact.name, target: { type: "contact", id: contact.id }, changes },
    ]);
    await services.timeline.add([
      { contactId: contact.id, leadId: null, kind: "contact-created", data: { name: contact.name } },
    ]);
    await services.events.dispatch(
      ContactCreated,
      { type: "contact", id: contact.id, version: contact.version },
      { contact },
    );
    return { contact, identities };
  });
}
