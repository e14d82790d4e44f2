import type { Criteria, GetOptions } from "@crmessenger/kernel/infrastructure";
import type { Contact } from "@crmessenger/kernel/sales";
import { isInScope } from "../record/is-in-scope.ts";
import { notFound } from "../record/refusals.ts";
import type { SalesServices } from "../services.ts";

/** The contact, if the caller may reach it; otherwise `CRM_SALES_NOT_FOUND`. */
export async function findContact(
  services: SalesServices,
  id: string,
  scope: Criteria,
  options?: GetOptions,
): Promise<Contact> {
  const contact = await services.contacts.get(id, options);
  if (contact && contact.deletedAt === null && isInScope(scope, contact)) return contact;
  throw notFound("contact", id);
}
