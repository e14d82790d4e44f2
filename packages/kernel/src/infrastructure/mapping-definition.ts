import { z } from "zod";
import { json } from "../schema.ts";
import type { CriteriaSubject } from "./criteria.ts";
import type { Json, JsonObject } from "./json.ts";
import { fieldOf } from "./matches.ts";

/** One field of the target: a field of the source, or a constant where the source has none or none is named. */
export interface FieldMapping {
  /** A name, or a path joined by dots, as in Criteria: `title`, `attributes.budget`. */
  readonly to: string;
  readonly from?: string;
  /** Used when `from` is absent or its value is null. */
  readonly value?: Json;
}

/**
 * Which fields of one record become which fields of another, as data that an owner can edit: lead to deal, a row of
 * an import to a contact, our lead to a foreign CRM's. Later entries win over earlier ones with the same `to`.
 */
export interface MappingDefinition {
  readonly fields: readonly FieldMapping[];
}

const path = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*(\.[^.\0]{1,100}){0,4}$/, "a field is a name, or a path joined by dots")
  .refine((name) => !name.split(".").some((part) => UNSAFE.has(part)), "not a name for a field");

/** Names that would reach an object's prototype instead of a field of its own. */
const UNSAFE = new Set(["__proto__", "constructor", "prototype"]);

export const mappingDefinitionSchema: z.ZodType<MappingDefinition> = z.strictObject({
  fields: z
    .array(z.strictObject({ to: path, from: path.exactOptional(), value: json.exactOptional() }))
    .max(500)
    .readonly(),
});

/** The mapped fields of `source`, nested along their paths. Fields without a value are left out. */
export function applyMapping({ fields }: MappingDefinition, source: CriteriaSubject): JsonObject {
  const target: Record<string, Json> = {};
  for (const { to, from, value } of fields) {
    const found = (from === undefined ? null : fieldOf(source, from)) ?? value ?? null;
    if (found !== null) put(target, to.split("."), found);
  }
  return target;
}

function put(target: Record<string, Json>, [name = "", ...rest]: readonly string[], value: Json): void {
  if (UNSAFE.has(name)) return;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name] ?? null;
  const nested: Record<string, Json> = isObject(inner) ? { ...inner } : {};
  put(nested, rest, value);
  target[name] = nested;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
