import type { AttributeHolderKind } from "@crmessenger/kernel/extensibility";
import { type Contact, CreateContact, GetContact, ListContacts, UpdateContact } from "@crmessenger/kernel/sales";
import { CONVERT_ACTION, holdingOf } from "../record/attribute-holder.ts";
import { mergeAttributes } from "../record/merge-attributes.ts";
import type { SalesServices } from "../services.ts";
import { storeContact } from "./store-contact.ts";

/** Contacts as holders of custom fields. */
export function contactHolder(services: SalesServices): AttributeHolderKind {
  return {
    name: "contact",
    label: "Contact",
    state: null,
    permissions: { read: GetContact.permission ?? "", write: UpdateContact.permission ?? "" },
    operations: [
      { operation: CreateContact.name, at: "contact" },
      { operation: GetContact.name, at: "contact" },
      { operation: UpdateContact.name, at: "" },
      { operation: ListContacts.name, at: "items" },
    ],
    ...holdingOf<Contact>({
      what: "contact",
      repository: services.contacts,
      store: (before, patch) =>
        storeContact(services, {
          before,
          after: { ...before, attributes: mergeAttributes(before.attributes, patch) },
          action: CONVERT_ACTION,
        }),
    }),
  };
}
