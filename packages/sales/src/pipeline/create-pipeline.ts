import { type Handler, handle } from "@crmessenger/kernel";
import type { NewRecord } from "@crmessenger/kernel/infrastructure";
import { CreatePipeline, type Pipeline, defaultStages } from "@crmessenger/kernel/sales";
import { changesBetween } from "../record/changes-between.ts";
import { isInScope } from "../record/is-in-scope.ts";
import { outOfScope } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { nameTaken } from "./name-taken.ts";
import { requireStages } from "./require-stages.ts";

/** Serves `CreatePipeline`. */
export function createPipeline(services: SalesServices): Handler {
  return handle(CreatePipeline, async ({ name, currency, stages = defaultStages }, context) => {
    const draft: NewRecord<Pipeline> = {
      id: services.ids.next(),
      name: storable(name),
      stages: storable(stages),
      currency,
    };
    requireStages(draft.stages);
    if (!isInScope(await context.scope(), draft)) throw outOfScope("pipeline");
    const pipeline = await services.pipelines.insert(draft).catch((error: unknown) => {
      throw nameTaken(error, draft.name);
    });
    const target = { type: "pipeline", id: pipeline.id };
    const changes = changesBetween(undefined, pipeline);
    await services.auditor.track([{ action: CreatePipeline.name, target, changes }]);
    return pipeline;
  });
}
