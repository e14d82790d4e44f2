import { type Handler, answer } from "@crmessenger/kernel";
import { where } from "@crmessenger/kernel/infrastructure";
import { type ChannelIdentity, GetContact } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";
import { findContact } from "./find-contact.ts";

/** More than anybody has. */
const ALL_IDENTITIES = 500;

/** Serves `GetContact`. */
export function getContact(services: SalesServices): Handler {
  return answer(GetContact, async ({ id }, { scope }) => {
    const contact = await findContact(services, id, scope);
    const identities = await services.identities.find(where<ChannelIdentity>("contactId").eq(id), {
      limit: ALL_IDENTITIES,
      sort: [{ field: "id", direction: "asc" }],
    });
    return { contact, identities: [...identities.items] };
  });
}
