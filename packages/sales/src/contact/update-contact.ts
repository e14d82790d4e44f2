import { type Handler, handle } from "@crmessenger/kernel";
import { type Contact, UpdateContact } from "@crmessenger/kernel/sales";
import { mergeAttributes } from "../record/merge-attributes.ts";
import { requireVersion } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { findContact } from "./find-contact.ts";
import { storeContact } from "./store-contact.ts";

/** Serves `UpdateContact`. */
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
    return storeContact(services, { before, after, action: UpdateContact.name });
  });
}
