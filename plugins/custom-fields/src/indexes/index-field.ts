import { executionContext } from "@crmessenger/kernel";
import type { AttachedField } from "@crmessenger/kernel/extensibility";
import { type AttributeIndexes, type Jobs, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { attributeKindOf, comparedPath } from "../definitions/attribute-kind.ts";
import type { FieldCatalogue } from "../definitions/field-catalogue.ts";

/** Makes or drops the index of a field, as its definition says by then. */
export const IndexField = defineJob("custom-fields.index-field", {
  data: z.object({ entity: z.string(), name: z.string() }),
  concurrency: 1,
});

/** Has the field's index brought in line with its definition; in a unit of work, after its commit. */
export function indexField(jobs: Jobs, { entity, name }: Pick<AttachedField, "entity" | "name">): Promise<void> {
  return jobs.enqueue(IndexField, { entity, name }, { key: [executionContext().tenantId, entity, name].join(" ") });
}

/** Does the job. One index too many harms nobody, so it may be late or repeated. */
export async function keepIndex(
  { catalogue, indexes }: { readonly catalogue: FieldCatalogue; readonly indexes: AttributeIndexes },
  { entity, name }: { readonly entity: string; readonly name: string },
): Promise<void> {
  const field = (await catalogue.of(entity)).byName.get(name);
  const isWanted = field !== undefined && !field.archived && (field.indexed || field.unique);
  const wanted = isWanted ? comparedPath(name, field.type) : undefined;
  for (const { field: path } of await indexes.states(entity))
    if (path.split(".")[0] === name && path !== wanted) await indexes.drop({ entity, field: path });
  if (wanted !== undefined && field)
    await indexes.ensure({
      entity,
      field: wanted,
      kind: attributeKindOf(field.type),
      ...(field.unique ? { unique: true } : {}),
    });
}
