import type { CustomFieldRecord, EntityKind, EntityRecord, FieldValue, FieldValues } from "../world/records.ts";
import type { World } from "../world/world.ts";
import type { ItemCheck } from "./item-check.ts";
import { isRecord } from "../http/is-record.ts";

const MOST_FIELDS = 40;

/** Reads `custom_fields_values` of a request; a field with null values is to be cleared. */
export function readFieldValues(
  world: World,
  entity: EntityKind,
  check: ItemCheck,
): Map<number, readonly FieldValue[] | null> {
  const read = new Map<number, readonly FieldValue[] | null>();
  const given = check.item["custom_fields_values"];
  if (given === undefined || given === null) return read;
  if (!Array.isArray(given)) {
    check.fail("InvalidType", "custom_fields_values", "This value should be of type array.");
    return read;
  }
  if (given.length > MOST_FIELDS) {
    check.fail("TooMany", "custom_fields_values", `This collection should contain ${MOST_FIELDS} elements or less.`);
  }
  for (const [index, value] of (given as unknown[]).entries()) {
    const path = `custom_fields_values.${index}`;
    const field = isRecord(value) ? fieldOf(world, entity, value) : undefined;
    if (field === undefined || !isRecord(value)) check.notChoice(`${path}.field_id`);
    else read.set(field.id, readValues(field, value["values"], check, `${path}.values`));
  }
  return read;
}

/** Puts read values onto an entity. */
export function applyFieldValues(fields: FieldValues, read: Map<number, readonly FieldValue[] | null>): void {
  for (const [id, values] of read) {
    if (values === null) fields.delete(id);
    else fields.set(id, values);
  }
}

/** Shows the values of an entity as REST does; no values are null. */
export function renderFieldValues(world: World, entity: EntityRecord): unknown[] | null {
  if (entity.fields.size === 0) return null;
  return [...entity.fields].flatMap(([id, values]) => {
    const field = world.customFields.get(id);
    if (field === undefined) return [];
    return [
      {
        field_id: field.id,
        field_name: field.name,
        field_code: field.code ?? null,
        field_type: field.type,
        values: values.map((value) => renderValue(field, value)),
      },
    ];
  });
}

function renderValue(field: CustomFieldRecord, value: FieldValue): unknown {
  if (field.enums === undefined) return { value: value.value };
  const choice = field.enums.find((candidate) => candidate.id === value.enum_id);
  return {
    value: field.type === "multitext" ? value.value : choice?.value,
    enum_id: value.enum_id,
    enum_code: choice?.code ?? null,
  };
}

function fieldOf(world: World, entity: EntityKind, value: Record<string, unknown>): CustomFieldRecord | undefined {
  const id = value["field_id"];
  const code = value["field_code"];
  if (typeof id === "number") return world.field(entity, { id });
  return typeof code === "string" ? world.field(entity, { code }) : undefined;
}

function readValues(field: CustomFieldRecord, given: unknown, check: ItemCheck, path: string): FieldValue[] | null {
  if (given === null) return null;
  if (!Array.isArray(given)) {
    check.fail("InvalidType", path, "This value should be of type array.");
    return null;
  }
  const values = (given as unknown[]).flatMap((value, index) => {
    const read = isRecord(value) ? readValue(field, value) : undefined;
    if (read === undefined) check.notChoice(`${path}.${index}.value`);
    return read ?? [];
  });
  return values.length === 0 ? null : values;
}

function readValue(field: CustomFieldRecord, given: Record<string, unknown>): FieldValue | undefined {
  const value = given["value"];
  if (field.enums === undefined) return plainValue(field, value);
  const choice = field.enums.find((candidate) => {
    if (given["enum_id"] !== undefined) return candidate.id === given["enum_id"];
    if (given["enum_code"] !== undefined) return candidate.code === given["enum_code"];
    return field.type !== "multitext" && candidate.value === value;
  });
  if (field.type !== "multitext") return choice === undefined ? undefined : { enum_id: choice.id };
  const kept = choice ?? field.enums[0];
  if ((typeof value !== "string" && typeof value !== "number") || kept === undefined) return undefined;
  return { value: String(value), enum_id: kept.id, ...(kept.code === undefined ? {} : { enum_code: kept.code }) };
}

function plainValue(field: CustomFieldRecord, value: unknown): FieldValue | undefined {
  switch (field.type) {
    case "checkbox":
      return typeof value === "boolean" ? { value } : undefined;
    case "date":
    case "date_time":
      return typeof value === "number" ? { value } : undefined;
    case "numeric":
      return value !== "" && Number.isFinite(Number(value)) ? { value: String(value) } : undefined;
    default:
      return typeof value === "string" || typeof value === "number" ? { value: String(value) } : undefined;
  }
}
