import type { Json, JsonObject } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const DEEPEST = 12;

/** The part of JSON Schema that matters for an example. */
interface Node {
  readonly $ref?: string;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly $defs?: Readonly<Record<string, Node>>;
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-05T09:00:00.000Z",
  date: "2026-01-05",
  email: "test@example.com",
  uri: "https://example.com/",
  uuid: "0190a1b2-0000-7000-8000-000000000001",
};

/** A made-up value of the schema's shape, with what it requires. It is an example, not always a valid one. */
export function sampleOf(schema: z.ZodType): JsonObject {
  const root = z.toJSONSchema(schema, { io: "output", unrepresentable: "any", cycles: "ref" }) as Node;
  const sample = valueOf(root, root, 0);
  return typeof sample === "object" && sample !== null && !Array.isArray(sample) ? (sample as JsonObject) : {};
}

function valueOf(node: Node, root: Node, depth: number): Json {
  if (depth > DEEPEST) return null;
  if (node.$ref !== undefined) return valueOf(root.$defs?.[node.$ref.replace("#/$defs/", "")] ?? {}, root, depth + 1);
  if (node.const !== undefined) return node.const;
  if (node.enum) return node.enum[0] ?? null;
  const [alternative] = node.anyOf ?? node.oneOf ?? node.allOf ?? [];
  if (alternative) return valueOf(alternative, root, depth + 1);
  switch (typeof node.type === "string" ? node.type : node.type?.[0]) {
    case "object":
      return objectOf(node, root, depth);
    case "array":
      return [];
    case "integer":
    case "number":
      return Math.max(0, node.minimum ?? 0);
    case "boolean":
      return true;
    case "string":
      return FORMATS[node.format ?? ""] ?? "test";
    default:
      return null;
  }
}

function objectOf({ properties = {}, required = [] }: Node, root: Node, depth: number): Json {
  return Object.fromEntries(
    required.map((name) => [name, name === "id" ? "test" : valueOf(properties[name] ?? {}, root, depth + 1)]),
  );
}
