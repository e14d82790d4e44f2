import type { Criteria, GetOptions } from "@crmessenger/kernel/infrastructure";
import type { Deal } from "@crmessenger/kernel/sales";
import { isInScope } from "../record/is-in-scope.ts";
import { notFound } from "../record/refusals.ts";
import type { SalesServices } from "../services.ts";

/** The deal, if the caller may reach it; otherwise `CRM_SALES_NOT_FOUND`. */
export async function findDeal(
  services: SalesServices,
  id: string,
  scope: Criteria,
  options?: GetOptions,
): Promise<Deal> {
  const deal = await services.deals.get(id, options);
  if (deal && deal.deletedAt === null && isInScope(scope, deal)) return deal;
  throw notFound("deal", id);
}
