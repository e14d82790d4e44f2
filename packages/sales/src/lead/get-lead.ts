import { type Handler, answer } from "@crmessenger/kernel";
import { GetLead } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";
import { findLead } from "./find-lead.ts";

/** Serves `GetLead`. */
export function getLead(services: SalesServices): Handler {
  return answer(GetLead, ({ id }, { scope }) => findLead(services, id, scope));
}
