import type { AttributeHolderKind } from "@crmessenger/kernel/extensibility";
import { AssignDeal, CreateDeal, type Deal, GetDeal, ListDeals, MoveDeal, UpdateDeal } from "@crmessenger/kernel/sales";
import { findPipeline } from "../pipeline/find-pipeline.ts";
import { CONVERT_ACTION, holdingOf } from "../record/attribute-holder.ts";
import { mergeAttributes } from "../record/merge-attributes.ts";
import type { SalesServices } from "../services.ts";
import { storeDeal } from "./store-deal.ts";

/** Deals as holders of custom fields. */
export function dealHolder(services: SalesServices): AttributeHolderKind {
  const oneDeal = [CreateDeal, UpdateDeal, MoveDeal, AssignDeal, GetDeal];
  return {
    name: "deal",
    label: "Deal",
    state: { field: "stageId", values: null },
    permissions: { read: GetDeal.permission ?? "", write: UpdateDeal.permission ?? "" },
    operations: [
      ...oneDeal.map(({ name }) => ({ operation: name, at: "" })),
      { operation: ListDeals.name, at: "items" },
    ],
    ...holdingOf<Deal>({
      what: "deal",
      repository: services.deals,
      store: async (before, patch) =>
        storeDeal(services, {
          before,
          after: { ...before, attributes: mergeAttributes(before.attributes, patch) },
          pipeline: await findPipeline(services, before.pipelineId),
          action: CONVERT_ACTION,
        }),
    }),
  };
}
