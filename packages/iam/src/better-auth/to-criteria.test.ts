import type { CleanedWhere } from "@better-auth/core/db/adapter";
import { matches } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { toCriteria } from "./to-criteria.ts";

const clause = (
  field: string,
  operator: CleanedWhere["operator"],
  value: CleanedWhere["value"],
  connector: "AND" | "OR" = "AND",
): CleanedWhere => ({
  field,
  operator,
  value,
  connector,
  mode: "sensitive",
});
const row = { name: "ada", age: 36, at: "2026-01-05T09:00:00.000Z", active: true, gone: null };

test.each<[string, CleanedWhere[], boolean]>([
  ["no clause is no condition", [], true],
  ["eq", [clause("name", "eq", "ada")], true],
  ["eq null", [clause("gone", "eq", null)], true],
  ["ne", [clause("name", "ne", "ada")], false],
  ["lt", [clause("age", "lt", 36)], false],
  ["lte", [clause("age", "lte", 36)], true],
  ["gt a date", [clause("at", "gt", new Date("2026-01-05T08:00:00Z"))], true],
  ["gte", [clause("age", "gte", 37)], false],
  ["in", [clause("name", "in", ["eve", "ada"])], true],
  ["not in", [clause("name", "not_in", ["eve", "ada"])], false],
  ["contains", [clause("name", "contains", "d")], true],
  ["starts with", [clause("name", "starts_with", "d")], false],
  ["every AND", [clause("name", "eq", "ada"), clause("age", "eq", 1)], false],
  ["one OR", [clause("name", "eq", "eve", "OR"), clause("age", "eq", 36, "OR")], true],
  [
    "AND and OR",
    [clause("active", "eq", true), clause("name", "eq", "eve", "OR"), clause("age", "eq", 1, "OR")],
    false,
  ],
])("%s", (_, clauses, expected) => {
  expect(matches(toCriteria(clauses), row)).toBe(expected);
});

test.each<[string, CleanedWhere]>([
  ["an operator without counterpart", clause("name", "ends_with", "a")],
  ["a comparison without regard to case", { ...clause("name", "eq", "ADA"), mode: "insensitive" }],
  ["a list where a value belongs", clause("name", "eq", ["ada"])],
  ["a value where a list belongs", clause("name", "in", "ada")],
  ["a text search without text", clause("name", "contains", 1)],
])("%s is refused rather than misread", (_, wrong) => {
  expect(() => toCriteria([wrong])).toThrow(/"name", which criteria can't express/);
});
