import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Criteria, and, everything, not, nothing, or, where } from "./criteria.ts";
import { criteriaSchema } from "./criteria-schema.ts";
import type { Json } from "./json.ts";
import { compareText, fieldOf, matches } from "./matches.ts";

const lead = {
  title: "A kitchen",
  score: 7,
  vip: true,
  ownerId: null,
  source: { channel: "telegram", utm: { campaign: "весна" } },
  tags: ["a"],
  budget: { amount: "1999.90", currency: "EUR" },
};

describe("matches", () => {
  const title = where("title");
  const cases: readonly (readonly [string, Criteria, boolean])[] = [
    ["eq", title.eq("A kitchen"), true],
    ["eq of another kind", where("score").eq("7"), false],
    ["eq null", where("ownerId").eq(null), true],
    ["eq null of what is missing", where("missing").eq(null), true],
    ["ne matches null", where("ownerId").ne("me"), true],
    ["ne null of null", where("ownerId").ne(null), false],
    ["gt", where("score").gt(6.5), true],
    ["gt of null", where("ownerId").gt(""), false],
    ["not gt of null", not(where("ownerId").gt("")), true],
    ["gt of another kind", where("score").gt("0"), false],
    ["lt of booleans", where("vip").lt(true), false],
    ["gte at the edge", where("score").gte(7), true],
    ["lte at the edge", where("score").lte(7), true],
    ["between includes both ends", where("score").between(7, 7), true],
    ["between the wrong way round", where("score").between(8, 6), false],
    ["in", where("score").in([1, 7]), true],
    ["in with null", where("ownerId").in([null]), true],
    ["in nothing", where("score").in([]), false],
    ["contains", title.contains("kit"), true],
    ["contains is no pattern", title.contains("k%n"), false],
    ["contains of a number", where("score").contains("7"), false],
    ["contains nothing", title.contains(""), true],
    ["startsWith", title.startsWith("A k"), true],
    ["gt of an amount", where("budget.amount").gt(1999), true],
    ["gt of an amount beside text", where("budget.amount").gt("5"), false],
    ["between of an amount", where("budget.amount").between(1999.9, 1999.9), true],
    ["eq of an amount beside a number", where("budget.amount").eq(1999.9), false],
    ["lt of text that is no number", title.lt(5), false],
    ["includes", where("tags").includes("a"), true],
    ["includes what is not there", where("tags").includes("b"), false],
    ["includes in a text", title.includes("A"), false],
    ["isNull", where("ownerId").isNull(), true],
    ["isNull of an object", where("source").isNull(), false],
    ["a path", where("source.utm.campaign").eq("весна"), true],
    ["a path through a list", where("tags.0").isNull(), true],
    ["a path through text", where("title.length").isNull(), true],
    ["inherited names", where("source.constructor").isNull(), true],
    ["everything", everything, true],
    ["nothing", nothing, false],
    ["and", and(title.eq("A kitchen"), where("score").eq(8)), false],
    ["or", or(title.eq("x"), where("score").eq(7)), true],
  ];
  test.each(cases)("%s", (_, criteria, expected) => {
    expect(matches(criteria, lead)).toBe(expected);
    expect(matches(not(criteria), lead)).toBe(!expected);
  });

  test("answers null for whatever is not there", () => {
    expect([
      fieldOf(lead, "source.channel"),
      fieldOf(lead, "a.b.c"),
      fieldOf(lead, "tags"),
      fieldOf(lead, "__proto__"),
    ]).toEqual(["telegram", null, ["a"], null]);
  });
});

const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
const subject = fc.dictionary(
  fc.constantFrom("a", "b", "c"),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })) as fc.Arbitrary<Json>,
);
const field = fc.constantFrom("a", "b", "c", "a.b");
const { tree } = fc.letrec<{ tree: Criteria }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      op: fc.constantFrom("eq" as const, "ne" as const, "gt" as const, "gte" as const, "lt" as const, "lte" as const),
      field,
      value: scalar,
    }),
    fc.record({ op: fc.constant("in" as const), field, values: fc.array(scalar, { maxLength: 3 }) }),
    fc.record({ op: fc.constant("isNull" as const), field }),
    fc.record({ op: fc.constantFrom("contains" as const, "startsWith" as const), field, value: fc.string() }),
    fc.record({ op: fc.constant("not" as const), criteria: tie("tree") }),
    fc.record({ op: fc.constantFrom("and" as const, "or" as const), all: fc.array(tie("tree"), { maxLength: 3 }) }),
  ),
}));

describe("the logic", () => {
  test("is two-valued: De Morgan holds for every record, nulls included", () => {
    fc.assert(
      fc.property(tree, tree, subject, (p, q, record) => {
        expect(matches(not(and(p, q)), record)).toBe(matches(or(not(p), not(q)), record));
        expect(matches(not(or(p, q)), record)).toBe(matches(and(not(p), not(q)), record));
        expect(matches(not(not(p)), record)).toBe(matches(p, record));
        expect(matches(or(p, not(p)), record)).toBe(true);
      }),
    );
  });

  test("has ne as the opposite of eq, in as many eqs, between as two bounds", () => {
    fc.assert(
      fc.property(field, scalar, scalar, subject, (name, a, b, record) => {
        const on = where<Record<string, unknown>>(name);
        expect(matches(on.ne(a), record)).toBe(!matches(on.eq(a), record));
        expect(matches(on.in([a, b]), record)).toBe(matches(or(on.eq(a), on.eq(b)), record));
        expect(matches(on.between(a, b), record)).toBe(matches(and(on.gte(a), on.lte(b)), record));
        expect(matches(on.isNull(), record)).toBe(matches(on.eq(null), record));
      }),
    );
  });

  test("survives JSON", () => {
    fc.assert(
      fc.property(
        tree,
        subject,
        (criteria, record) =>
          matches(JSON.parse(JSON.stringify(criteria)) as Criteria, record) === matches(criteria, record),
      ),
    );
  });
});

describe("compareText", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom("a", "b", "\u{1F600}", "\uFFFD", "\uE000", "\u{10FFFF}", "é"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
  });

  test("orders as UTF-8 bytes do", () => {
    fc.assert(
      fc.property(
        text,
        text,
        (a, b) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))) === compareText(a, b),
      ),
      { numRuns: 1_000 },
    );
  });

  test("differs from JavaScript's own order above U+FFFF", () => {
    expect(["\u{1F600}", "\uFFFD"].toSorted()).toEqual(["\u{1F600}", "\uFFFD"]);
    expect(compareText("\uFFFD", "\u{1F600}")).toBe(-1);
  });
});

describe("criteriaSchema", () => {
  test("takes what the builders make", () => {
    fc.assert(fc.property(tree, (criteria) => criteriaSchema.safeParse(JSON.parse(JSON.stringify(criteria))).success));
  });

  const field = "status";
  test.each([
    ["an unknown operator", { op: "like", field, value: "x" }],
    ["a stranger among the keys", { op: "eq", field, value: 1, or: true }],
    ["a value that is an object", { op: "eq", field, value: {} }],
    ["a pattern that is a number", { op: "contains", field, value: 1 }],
    ["a field with a quote", { op: "isNull", field: "status'; drop table leads" }],
    ["a field that begins with a dot", { op: "isNull", field: ".a" }],
    ["a path that is too deep", { op: "isNull", field: "a.b.c.d.e.f" }],
    ["text", "status = 1"],
    ["nothing", undefined],
  ])("refuses %s", (_, input) => {
    expect(criteriaSchema.safeParse(input).success).toBe(false);
  });

  test("refuses what nests too deep, without recursing into it", () => {
    let deep: unknown = { op: "isNull", field };
    for (let level = 0; level < 100_000; level += 1) deep = { op: "not", criteria: deep };
    expect(criteriaSchema.safeParse(deep).success).toBe(false);
  });
});
