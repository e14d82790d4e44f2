import { expect, test } from "vitest";
import { z } from "zod";
import { defineEvent } from "./event-definition.ts";
import { defineCommand, defineQuery } from "./operation.ts";
import { covers } from "./permission-pattern.ts";

const shape = { description: "Rings.", input: z.object({}), output: z.object({}), permission: "testing.bell.ring" };

test("a command and a query are offered over HTTP by default, elsewhere, or not at all", () => {
  expect(defineCommand({ ...shape, name: "testing.bell.ring" })).toMatchObject({
    kind: "command",
    version: 1,
    http: { method: "POST", path: "/commands/testing.bell.ring" },
  });
  expect(defineQuery({ ...shape, name: "testing.bell.get" }).http).toEqual({
    method: "POST",
    path: "/queries/testing.bell.get",
  });
  expect(defineQuery({ ...shape, name: "testing.bell.get", http: { method: "GET", path: "/bells/:id" } }).http).toEqual(
    { method: "GET", path: "/bells/:id" },
  );
  expect(defineCommand({ ...shape, name: "testing.bell.ring", http: null }).http).toBeNull();
});

test.each(["bell", "testing.Bell.ring", "testing..ring", "a.b.c.d.e", "testing bell ring"])(
  "%j is no name of an operation",
  (name) => {
    expect(() => defineCommand({ ...shape, name })).toThrow(TypeError);
  },
);

test("an event's highest version is the current one", () => {
  const rang = defineEvent(
    "bell.rang",
    { 1: z.object({ times: z.number() }), 2: z.object({ count: z.number() }) },
    { 1: { up: ({ times }) => ({ count: times }), down: ({ count }) => ({ times: count }), loses: [] } },
  );
  expect(rang).toMatchObject({ topic: "bell.rang", version: 2 });
  expect(rang.schema.safeParse({ count: 1 }).success).toBe(true);
  expect(rang.schema.safeParse({ times: 1 }).success).toBe(false);
});

test("an event has a name and a version", () => {
  expect(() => defineEvent("rang", { 1: z.object({}) })).toThrow(TypeError);
  expect(() => defineEvent("bell.rang", {})).toThrow(TypeError);
});

test.each([
  ["sales.lead.read", "sales.lead.read", true],
  ["sales.lead.read", "sales.lead.readers", false],
  ["sales.*", "sales.lead.read", true],
  ["sales.*", "salesman.read", false],
  ["sales.lead.*", "sales.lead", false],
  ["*", "anything.at.all", true],
  ["", "anything", false],
])("%j covers %j: %j", (pattern, permission, expected) => {
  expect(covers(pattern, permission)).toBe(expected);
});
