import { type Handler, answer } from "@crmessenger/kernel";
import { and, everything } from "@crmessenger/kernel/infrastructure";
import { ListPipelines } from "@crmessenger/kernel/sales";
import type { SalesServices } from "../services.ts";

/** Serves `ListPipelines`. A pipeline is nobody's own, so a scope of owners or teams shows none. */
export function listPipelines(services: SalesServices): Handler {
  return answer(ListPipelines, ({ criteria = everything, ...page }, { scope }) =>
    services.pipelines.find(and(scope, criteria), page),
  );
}
