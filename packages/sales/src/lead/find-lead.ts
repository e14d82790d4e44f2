import type { Criteria, GetOptions } from "@crmessenger/kernel/infrastructure";
import type { Lead } from "@crmessenger/kernel/sales";
import { isInScope } from "../record/is-in-scope.ts";
import { notFound } from "../record/refusals.ts";
import type { SalesServices } from "../services.ts";

/** The lead, if the caller may reach it; otherwise `CRM_SALES_NOT_FOUND`. */
export async function findLead(
  services: SalesServices,
  id: string,
  scope: Criteria,
  options?: GetOptions,
): Promise<Lead> {
  const lead = await services.leads.get(id, options);
  if (lead && lead.deletedAt === null && isInScope(scope, lead)) return lead;
  throw notFound("lead", id);
}
