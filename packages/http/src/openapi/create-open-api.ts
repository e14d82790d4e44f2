import { z } from "zod";
import type { Operation } from "@crmessenger/kernel";
import { apiPrefix, inApiVersion } from "../api/api-version.ts";
import { credentials } from "../api/session-endpoints.ts";
import { takesBody } from "../operations/operation-endpoints.ts";
import { builtInPaths } from "./built-in-paths.ts";
import { ComponentSchemas, type Schema } from "./component-schemas.ts";

export type OpenApiDocument = Readonly<Record<string, unknown>>;

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  correlationId: z.string(),
});
const signIn = z.object({ token: z.string(), expiresAt: z.iso.datetime(), userId: z.string() });
const storedFile = z.object({
  path: z.string(),
  mimeType: z.string(),
  fileName: z.string().optional(),
  size: z.number().int(),
  sha256: z.string(),
});

/**
 * An OpenAPI 3.1 document of everything that the application offers in a version of its HTTP API, plugins' own routes
 * apart.
 */
export function createOpenApi(
  operations: readonly Operation[],
  version: number,
  packageVersion: string,
): OpenApiDocument {
  const schemas = new ComponentSchemas();
  schemas.add("Problem", schemas.schemaOf("Problem", problem, "output"));
  const paths = builtInPaths(apiPrefix(version), {
    credentials: schemas.schemaOf("Credentials", credentials, "input"),
    signIn: schemas.schemaOf("SignIn", signIn, "output"),
    storedFile: schemas.schemaOf("StoredFile", storedFile, "output"),
  });
  for (const each of operations.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const operation = inApiVersion(each, version);
    if (!operation?.http) continue;
    const path = apiPrefix(version) + operation.http.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.http.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  return {
    openapi: "3.1.0",
    info: { title: "CRMessenger", version: packageVersion, "x-api-version": version },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: { ...COMPONENTS, schemas: schemas.all },
  };
}

const COMPONENTS = {
  securitySchemes: { token: { type: "http", scheme: "bearer", description: "A session token or an API key." } },
  parameters: {
    IdempotencyKey: {
      name: "Idempotency-Key",
      in: "header",
      description: "The same key with the same input gets the first answer again, for 7 days.",
      schema: { type: "string", minLength: 1, maxLength: 200 },
    },
  },
  responses: {
    Problem: {
      description: "What went wrong, by RFC 9457.",
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  },
};

function describeOperation(operation: Operation, schemas: ComponentSchemas): Schema {
  const { name, description, permission, http, kind } = operation;
  const { method = "POST", path = "", status = 200 } = http ?? {};
  const input = schemas.schemaOf(`${name}.input`, operation.input, "input") as InputSchema;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, field]) => field as string);
  const parameters = [
    ...inPath.map((field) => ({ name: field, in: "path", required: true, schema: input.properties?.[field] ?? {} })),
    ...(takesBody(method) ? [] : queryParameters(input, inPath)),
    ...(kind === "command" ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
  ];
  const output = schemas.schemaOf(`${name}.output`, operation.output, "output");
  return {
    operationId: name,
    tags: [name.split(".")[0]],
    summary: description,
    "x-version": operation.version,
    ...(permission === null ? {} : { "x-permission": permission }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takesBody(method) ? { requestBody: bodyOf(input, inPath) } : {}),
    responses: {
      [status]: { description: "Done.", content: { "application/json": { schema: output } } },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

interface InputSchema extends Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** Fields of the query; those that are no scalars travel as JSON. */
function queryParameters({ properties = {}, required = [] }: InputSchema, inPath: readonly string[]): Schema[] {
  return Object.entries(properties)
    .filter(([field]) => !inPath.includes(field))
    .map(([field, schema]) => ({
      name: field,
      in: "query",
      ...(required.includes(field) ? { required: true } : {}),
      ...(SCALARS.has(schema["type"]) ? { schema } : { content: { "application/json": { schema } } }),
    }));
}

const SCALARS = new Set<unknown>(["string", "number", "integer", "boolean"]);

/** The input without the fields that stand in the path. */
function bodyOf(input: InputSchema, inPath: readonly string[]): Schema {
  const { properties, required = [] } = input;
  if (!properties) return { required: true, content: { "application/json": { schema: input } } };
  const needed = required.filter((field) => !inPath.includes(field));
  const schema = {
    ...input,
    properties: Object.fromEntries(Object.entries(properties).filter(([field]) => !inPath.includes(field))),
    required: needed,
  };
  return { required: needed.length > 0, content: { "application/json": { schema } } };
}
