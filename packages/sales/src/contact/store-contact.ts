import { type Contact, ContactUpdated } from "@crmessenger/kernel/sales";
import { applyChange } from "../record/apply-change.ts";
import { changesBetween } from "../record/changes-between.ts";
import type { SalesServices } from "../services.ts";

/**
 * Stores a changed contact with everything that goes with a change: the plugins' say, the audit entry, the timeline and
 * the event. What changes nothing leaves no trace.
 */
export async function storeContact(
  services: SalesServices,
  change: { readonly before: Contact; readonly after: Contact; readonly action: string },
): Promise<Contact> {
  const { before, action } = change;
  if (Object.keys(changesBetween(before, change.after)).length === 0) return before;
  const after = await applyChange(services.hooks.contactChange, { previous: before, next: change.after }, []);
  const changes = changesBetween(before, after);
  const fields = Object.keys(changes);
  if (fields.length === 0) return before;
  const contact = await services.contacts.update(after);
  const { id, version } = contact;
  await services.auditor.track([{ action, target: { type: "contact", id }, changes }]);
  await services.timeline.add([{ contactId: id, leadId: null, kind: "contact-updated", data: { fields } }]);
  await services.events.dispatch(ContactUpdated, { type: "contact", id, version }, { contact });
  return contact;
}
