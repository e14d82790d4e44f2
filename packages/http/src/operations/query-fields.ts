import { z } from "zod";
import { badRequest } from "../problem/http-problems.ts";

/** How the text of a path parameter or query field becomes a value of the input. */
export type FieldKind = "text" | "number" | "boolean" | "list" | "json" | "any";

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** The kinds of an input's fields, found once from its schema. */
export function fieldKinds(input: z.ZodType): ReadonlyMap<string, FieldKind> {
  const schema = z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return new Map(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, kindOf(field)]));
}

function kindOf(schema: JsonSchema): FieldKind {
  const choices = schema.anyOf?.filter((choice) => choice.type !== "null");
  if (choices) return choices.length === 1 && choices[0] ? kindOf(choices[0]) : "json";
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  switch (types.length > 1 ? "several" : types[0]) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return schema.items?.type === "string" ? "list" : "json";
    case undefined:
      return schema.$ref === undefined ? "any" : "json";
    default:
      return "json";
  }
}

/**
 * Reads a field. What does not fit its kind stays text: the operation's own schema refuses it, with the field's name.
 */
export function readField(name: string, kind: FieldKind, texts: readonly string[]): unknown {
  if (kind === "list") return texts.length === 1 && texts[0]?.startsWith("[") ? parse(name, texts[0]) : texts;
  const [text = "", ...more] = texts;
  if (more.length > 0) return texts;
  switch (kind) {
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    case "boolean":
      return text === "true" || text === "false" ? text === "true" : text;
    case "json":
      return parse(name, text);
    case "any":
      return /^\s*[[{]/.test(text) ? parse(name, text) : text;
    case "text":
      return text;
  }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest(`The field "${name}" must be JSON.`);
  }
}
