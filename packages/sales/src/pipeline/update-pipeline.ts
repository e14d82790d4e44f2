import { CrmError, type Handler, handle } from "@crmessenger/kernel";
import { and, where } from "@crmessenger/kernel/infrastructure";
import { type Deal, type Pipeline, UpdatePipeline } from "@crmessenger/kernel/sales";
import { changesBetween } from "../record/changes-between.ts";
import { requireVersion } from "../record/refusals.ts";
import { storable } from "../record/storable.ts";
import type { SalesServices } from "../services.ts";
import { findPipeline } from "./find-pipeline.ts";
import { nameTaken } from "./name-taken.ts";
import { requireStages } from "./require-stages.ts";

/** Serves `UpdatePipeline`. What changes nothing leaves no trace. */
export function updatePipeline(services: SalesServices): Handler {
  return handle(UpdatePipeline, async ({ id, version, name, stages }, context) => {
    const before = await findPipeline(services, id, { scope: await context.scope(), lock: true });
    requireVersion(before, version);
    const after: Pipeline = {
      ...before,
      ...(name === undefined ? {} : { name: storable(name) }),
      ...(stages === undefined ? {} : { stages: storable(stages) }),
    };
    requireStages(after.stages);
    await refuseStranded(services, before, after);
    const changes = changesBetween(before, after);
    if (Object.keys(changes).length === 0) return before;
    const pipeline = await services.pipelines.update(after).catch((error: unknown) => {
      throw nameTaken(error, after.name);
    });
    await services.auditor.track([{ action: UpdatePipeline.name, target: { type: "pipeline", id }, changes }]);
    return pipeline;
  });
}

/** Whoever puts a deal on a stage holds the pipeline's lock too, so what is free here stays free. */
async function refuseStranded(services: SalesServices, before: Pipeline, after: Pipeline): Promise<void> {
  const gone = before.stages.filter(
    ({ id, kind }) => !after.stages.some((stage) => stage.id === id && stage.kind === kind),
  );
  if (gone.length === 0) return;
  const onThem = and(where<Deal>("pipelineId").eq(before.id), where<Deal>("stageId").in(gone.map(({ id }) => id)));
  const found = await services.deals.find(onThem, { limit: 1 });
  const stage = gone.find(({ id }) => id === found.items[0]?.stageId);
  if (!stage) return;
  throw new CrmError(
    "CRM_SALES_STAGE_IN_USE",
    `Deals stand on "${stage.name}": move them before the stage goes or becomes one of another kind.`,
    { status: 409, details: { pipelineId: before.id, stageId: stage.id } },
  );
}
