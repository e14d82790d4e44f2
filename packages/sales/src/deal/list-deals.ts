import { type Handler, answer } from "@crmessenger/kernel";
import { and, everything } from "@crmessenger/kernel/infrastructure";
import { ListDeals } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";

/** Serves `ListDeals`. */
export function listDeals(services: SalesServices): Handler {
  return answer(ListDeals, ({ criteria = everything, ...page }, { scope }) =>
    services.deals.find(and(scope, criteria), page),
  );
}
