import { type Handler, answer } from "@crmessenger/kernel";
import { GetDeal } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";
import { findDeal } from "./find-deal.ts";

/** Serves `GetDeal`. */
export function getDeal(services: SalesServices): Handler {
  return answer(GetDeal, ({ id }, { scope }) => findDeal(services, id, scope));
}
