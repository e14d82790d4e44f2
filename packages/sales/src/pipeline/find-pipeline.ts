import { type Criteria, type GetOptions, everything } from "@crmessenger/kernel/infrastructure";
import type { Pipeline } from "@crmessenger/kernel/sales";
import { isInScope } from "../record/is-in-scope.ts";
import { notFound } from "../record/refusals.ts";
import type { SalesServices } from "../services.ts";

/** The pipeline, if the caller may reach it; otherwise `CRM_SALES_NOT_FOUND`. */
export async function findPipeline(
  services: SalesServices,
  id: string,
  options: GetOptions & { readonly scope?: Criteria } = {},
): Promise<Pipeline> {
  const { scope = everything, ...how } = options;
  const pipeline = await services.pipelines.get(id, how);
  if (pipeline && pipeline.deletedAt === null && isInScope(scope, pipeline)) return pipeline;
  throw notFound("pipeline", id);
}
