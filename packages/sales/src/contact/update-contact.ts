import { type Handler, handle } from "@crmessenger/kernel";
import { type Contact, ContactUpdated, UpdateContact } from "@crmessenger/kernel/sales";
import { changesBetween } from "../record/changes-between.ts";
import { mergeAttributes } from "../record/merge-attributes.ts";
import { requireVersion } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { findContact } from "./find-contact.ts";

/** Serves `UpdateContact`. What changes nothing leaves no trace. */
export function updateContact(services: SalesServices): Handler {
  return handle(UpdateContact, async ({ id, version, name, ownerId, attributes }, context) => {
    const before = await findContact(services, id, await context.scope(), { lock: true });
    requireVersion(before, version);
    const after: Contact = {
      ...before,
      ...(name === undefined ? {} : { name: storable(name) }),
      ...(ownerId === undefined ? {} : { ownerId }),
      ...(attributes === undefined ? {} : { attributes: mergeAttributes(before.attributes, storable(attributes)) }),
    };
    const changes = changesBetween(before, after);
    const fields = Object.keys(changes);
    if (fields.length === 0) return before;
    const contact = await services.contacts.update(after);
    await services.auditor.track([{ action: UpdateContact.name, target: { type: "contact", id }, changes }]);
    await services.timeline.add([{ contactId: id, leadId: null, kind: "contact-updated", data: { fields } }]);
    await services.events.dispatch(ContactUpdated, { type: "contact", id, version: contact.version }, { contact });
    return contact;
  });
}
