import { type Handler, answer } from "@crmessenger/kernel";
import { and, everything } from "@crmessenger/kernel/infrastructure";
import { ListLeads } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";

/** Serves `ListLeads`. */
export function listLeads(services: SalesServices): Handler {
  return answer(ListLeads, ({ criteria = everything, ...page }, { scope }) =>
    services.leads.find(and(scope, criteria), page),
  );
}
