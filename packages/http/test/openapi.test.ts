import { z } from "zod";
import { answer, defineCommand, definePlugin, defineQuery, handle } from "@crmessenger/kernel";
import * as communication from "@crmessenger/kernel/communication";
import * as iam from "@crmessenger/kernel/iam";
import * as sales from "@crmessenger/kernel/sales";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "./support/start-app.ts";

interface Node {
  readonly [field: string]: Node & string & readonly Node[];
}

/** Every operation contract of the kernel, answered with nothing: the document is made from contracts alone. */
const operations = [...Object.values(communication), ...Object.values(iam), ...Object.values(sales)].filter(
  (each) => typeof each === "object" && "kind" in each && "input" in each && each.http !== null,
) as unknown as Parameters<typeof handle>[0][];
interface Tree {
  readonly value: string;
  readonly children: readonly Tree[];
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.string(), children: z.array(tree) }));
const PlantTree = defineCommand({
  name: "garden.tree.plant",
  description: "Plants a tree.",
  input: tree,
  output: z.json(),
  permission: null,
});
const Choose = defineQuery({
  name: "garden.choice.make",
  description: "One of two.",
  input: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
  output: z.json(),
  permission: null,
});
const everything = definePlugin({
  id: "everything",
  version: "1.0.0",
  boot: () => ({
    handlers: [
      ...operations.map((operation) => handle(operation, async () => ({}) as never)),
      handle(PlantTree, async () => ({})),
      answer(Choose as never, async () => ({}) as never),
    ],
  }),
});

let app: App;
let document: Node;

beforeAll(async () => {
  app = await startApp({ plugins: [everything()] });
  document = (await (await app.call("GET", "/api/v1/openapi.json", { as: null })).json()) as Node;
});
afterAll(() => app.kernel.stop());

/** Every object in the document with the path to it. */
function* walk(node: unknown, path = "#"): Generator<readonly [string, Readonly<Record<string, unknown>>]> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) yield [path, node as Readonly<Record<string, unknown>>];
  for (const [key, child] of Object.entries(node))
    yield* walk(child, `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

function resolve(reference: string): unknown {
  const steps = reference
    .slice(2)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce<unknown>(
    (node, step) => (node as Readonly<Record<string, unknown>> | undefined)?.[step],
    document,
  );
}

const methods = ["get", "post", "put", "patch", "delete"];
const endpoints = () =>
  Object.entries(document["paths"] as Node).flatMap(([path, item]) =>
    Object.entries(item).map(([method, endpoint]) => ({ path, method, endpoint: endpoint as unknown as Node })),
  );

describe("the OpenAPI document", () => {
  it("is version 3.1 with the fields that it needs", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { title: "CRMessenger", version: expect.stringMatching(/^\d/) as string, "x-api-version": 1 },
    });
    expect(document["$schema"]).toBeUndefined();
  });

  it("describes every operation that is offered, and no other", () => {
    const ids = endpoints().map(({ endpoint }) => endpoint["operationId"] as unknown as string);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name } of operations) expect(ids).toContain(name);
    expect(ids).not.toContain("desk.note.hidden");
    expect(ids).toContain("session.sign-in");
  });

  it("refers to nothing that isn't there", () => {
    for (const [path, node] of walk(document)) {
      if (typeof node["$ref"] === "string") expect(resolve(node["$ref"]), `${path} → ${node["$ref"]}`).toBeDefined();
    }
  });

  it("names components as the specification allows", () => {
    for (const name of Object.keys(document["components"]?.["schemas"] ?? {}))
      expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
  });

  it("declares every parameter of a path once, and answers for every endpoint", () => {
    for (const { path, method, endpoint } of endpoints()) {
      expect(methods).toContain(method);
      const parameters = ((endpoint["parameters"] ?? []) as unknown as Node[]).map((each) =>
        each["$ref"] ? (resolve(each["$ref"] as unknown as string) as Node) : each,
      );
      const inPath = parameters
        .filter((each) => (each["in"] as unknown) === "path")
        .map((each) => each["name"] as unknown as string);
      expect(inPath.toSorted()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted());
      for (const parameter of parameters)
        expect("schema" in parameter !== "content" in parameter, `${path} ${String(parameter["name"])}`).toBe(true);
      expect(Object.keys(endpoint["responses"] ?? {}).length).toBeGreaterThan(0);
      if (method === "get" || method === "delete") expect(endpoint["requestBody"]).toBeUndefined();
    }
  });

  it("says what goes in and what comes out", () => {
    const paths = document["paths"] as unknown as Record<string, Record<string, Node>>;
    expect(paths["/api/v1/leads/{id}/assign"]?.["post"]).toMatchObject({
      operationId: "sales.lead.assign",
      "x-permission": "sales.lead.assign",
      parameters: [{ name: "id", in: "path", required: true }, { $ref: "#/components/parameters/IdempotencyKey" }],
      requestBody: {
        required: true,
        content: { "application/json": { schema: { properties: { ownerId: {} }, required: ["ownerId"] } } },
      },
      responses: {
        200: { content: { "application/json": { schema: { type: "object" } } } },
        default: { $ref: "#/components/responses/Problem" },
      },
    });
    expect(paths["/api/v1/leads"]?.["get"]?.["parameters"]).toContainEqual({
      name: "criteria",
      in: "query",
      content: { "application/json": { schema: { $ref: "#/components/schemas/Criteria" } } },
    });
    expect(paths["/api/v1/leads"]?.["post"]?.["responses"]).toHaveProperty("201");
  });

  it("copes with inputs that refer to themselves or are no plain objects", () => {
    const paths = document["paths"] as unknown as Record<string, Record<string, Node>>;
    expect(paths["/api/v1/commands/garden.tree.plant"]?.["post"]?.["requestBody"]).toBeDefined();
    expect(paths["/api/v1/queries/garden.choice.make"]?.["post"]?.["requestBody"]).toMatchObject({
      content: { "application/json": { schema: { anyOf: [{}, {}] } } },
    });
  });
});
