import type { AttachedField, FieldType } from "@crmessenger/kernel/extensibility";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";

/** JSON Schema (2020-12) of `attributes` with these fields; null removes a value. */
export function schemaOf(fields: readonly AttachedField[], writable: ReadonlySet<string>): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field.name, propertyOf(field, writable.has(field.name))])),
    required: fields.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  };
}

function propertyOf(field: AttachedField, writable: boolean): JsonObject {
  return {
    title: field.label,
    ...(field.description === "" ? {} : { description: field.description }),
    anyOf: [valueOf(field.type), { type: "null" }],
    ...(field.default === null ? {} : { default: field.default }),
    ...(writable ? {} : { readOnly: true }),
  };
}

function valueOf(type: FieldType): JsonObject {
  switch (type.kind) {
    case "text":
      return {
        type: "string",
        maxLength: type.maxLength ?? 500,
        ...(type.pattern === undefined ? {} : { pattern: type.pattern }),
      };
    case "long-text":
      return { type: "string", maxLength: type.maxLength ?? 65_536 };
    case "number":
      return {
        type: type.integer ? "integer" : "number",
        ...(type.min === undefined ? {} : { minimum: type.min }),
        ...(type.max === undefined ? {} : { maximum: type.max }),
      };
    case "money":
      return {
        type: "object",
        properties: {
          amount: { type: "string", pattern: String.raw`^-?(0|[1-9]\d{0,14})(\.\d{1,4})?$` },
          currency: type.currencies ? { enum: [...type.currencies] } : { type: "string", pattern: "^[A-Z]{3}$" },
        },
        required: ["amount", "currency"],
        additionalProperties: false,
      };
    case "choice":
      return { enum: type.options.map(({ value }) => value) };
    case "choices":
      return { type: "array", items: { enum: type.options.map(({ value }) => value) }, uniqueItems: true };
    case "computed":
      return plain(type.result);
    default:
      return plain(type.kind);
  }
}

type Plain = "boolean" | "date" | "date-time" | "email" | "number" | "phone" | "reference" | "text" | "url";

function plain(kind: Plain): JsonObject {
  switch (kind) {
    case "boolean":
    case "number":
      return { type: kind };
    case "date":
    case "date-time":
    case "email":
      return { type: "string", format: kind };
    case "url":
      return { type: "string", format: "uri" };
    default:
      return { type: "string" };
  }
}
