import { type Handler, answer } from "@crmessenger/kernel";
import { and, everything } from "@crmessenger/kernel/infrastructure";
import { ListContacts } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";

/** Serves `ListContacts`. */
export function listContacts(services: SalesServices): Handler {
  return answer(ListContacts, ({ criteria = everything, ...page }, { scope }) =>
    services.contacts.find(and(scope, criteria), page),
  );
}
