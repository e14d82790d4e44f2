import type { Json, JsonObject } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { LinkKind } from "../links/entity-links.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const id = z.number().int().positive();

/**
 * An entity's own values under amoCRM's names in camel case, so that a MappingDefinition can name them, and custom
 * fields under `fields`, by code (`PHONE`) or id; several values as a list, null for none.
 */
const contactFields = z.strictObject({
  name: z.string().exactOptional(),
  responsibleUserId: id.exactOptional(),
  fields: z.record(z.string(), z.union([scalar, z.array(scalar), z.null()])).exactOptional(),
});
const leadFields = contactFields.extend({
  price: z.number().int().exactOptional(),
  statusId: id.exactOptional(),
  pipelineId: id.exactOptional(),
});
export type RecordFields = z.infer<typeof leadFields>;

/** Reads what an application wants of a record, or says what is wrong with it. */
export function readFields(kind: LinkKind, given: JsonObject): RecordFields | string {
  const read = (kind === "lead" ? leadFields : contactFields).safeParse(given);
  return read.success ? read.data : `amoCRM can't take these fields of a ${kind}. ${z.prettifyError(read.error)}`;
}

/** Kinds of numbers and addresses are told apart there; ours have none. */
const CODES_OF_KINDS = new Set(["PHONE", "EMAIL"]);

/** The values in amoCRM's words. */
export function toAmoValues({ fields, ...own }: RecordFields): {
  readonly body: Readonly<Record<string, unknown>>;
  readonly customFields: readonly unknown[];
} {
  const body = {
    ...(own.name === undefined ? {} : { name: own.name }),
    ...(own.price === undefined ? {} : { price: own.price }),
    ...(own.statusId === undefined ? {} : { status_id: own.statusId }),
    ...(own.pipelineId === undefined ? {} : { pipeline_id: own.pipelineId }),
    ...(own.responsibleUserId === undefined ? {} : { responsible_user_id: own.responsibleUserId }),
  };
  const customFields = Object.entries(fields ?? {}).map(([key, given]) => ({
    ...(/^\d+$/u.test(key) ? { field_id: Number(key) } : { field_code: key }),
    values: given === null ? null : valuesOf(given, key),
  }));
  return { body, customFields };
}

function valuesOf(given: z.infer<typeof scalar> | readonly z.infer<typeof scalar>[], key: string): unknown[] {
  const all = typeof given === "object" ? given : [given];
  return all.map((value) => (CODES_OF_KINDS.has(key) ? { value, enum_code: "WORK" } : { value }));
}

/** An entity as amoCRM shows it. */
export const amoEntity = z.object({
  name: z.string(),
  updated_at: z.number(),
  responsible_user_id: z.number(),
  price: z.number().nullish(),
  status_id: z.number().optional(),
  pipeline_id: z.number().optional(),
  is_deleted: z.boolean().catch(false),
  custom_fields_values: z
    .array(
      z.object({
        field_id: z.number(),
        field_code: z.string().nullish(),
        values: z.array(z.object({ value: z.json().optional() })),
      }),
    )
    .nullish(),
});
export type AmoEntity = z.infer<typeof amoEntity>;

/** The values of an entity, but for the field that carries our id. */
export function fromAmoEntity(entity: AmoEntity, ourFieldId: number): JsonObject {
  const fields: Record<string, Json> = {};
  for (const { field_id: fieldId, field_code: code, values } of entity.custom_fields_values ?? []) {
    if (fieldId === ourFieldId) continue;
    const all = values.map(({ value }) => value ?? null);
    fields[code ?? String(fieldId)] = all.length === 1 ? (all[0] ?? null) : all;
  }
  return {
    name: entity.name,
    responsibleUserId: entity.responsible_user_id,
    ...(typeof entity.price === "number" ? { price: entity.price } : {}),
    ...(entity.status_id === undefined ? {} : { statusId: entity.status_id }),
    ...(entity.pipeline_id === undefined ? {} : { pipelineId: entity.pipeline_id }),
    fields,
  };
}

/** Our id, as an entity of amoCRM carries it. */
export function ourIdOf(entity: Pick<AmoEntity, "custom_fields_values">, ourFieldId: number): string | null {
  const value = entity.custom_fields_values?.find(({ field_id: fieldId }) => fieldId === ourFieldId)?.values[0]?.value;
  return typeof value === "string" && value !== "" ? value : null;
}
