import { describe, expect, test } from "vitest";
import { z } from "zod";
import { reportQuerySchema } from "./report-query.ts";
import { reportResultSchema } from "./report-result.ts";
import { funnelQuerySchema, snapshotQuerySchema } from "./snapshot.ts";

describe("a report query over HTTP", () => {
  test("needs no more than a metric", () => {
    expect(reportQuerySchema.parse({ metrics: ["leads"] })).toEqual({
      metrics: ["leads"],
      dimensions: [],
      criteria: { op: "and", all: [] },
      period: null,
      comparison: null,
      having: { op: "and", all: [] },
      sort: [],
      limit: 1_000,
      timeZone: "UTC",
    });
  });

  test.each([
    ["no metric", { metrics: [] }],
    ["a period that ends first", { metrics: ["leads"], period: period("2026-02-01", "2026-01-01") }],
    ["an empty period", { metrics: ["leads"], period: period("2026-02-01", "2026-02-01") }],
    ["too many rows", { metrics: ["leads"], limit: 10_001 }],
    ["a grain that is none", { metrics: ["leads"], dimensions: [{ name: "created", grain: "fortnight" }] }],
    ["an unknown field", { metrics: ["leads"], sql: "select 1" }],
  ])("refuses %s", (_, query) => {
    expect(reportQuerySchema.safeParse(query).success).toBe(false);
  });
});

test("a funnel has two steps at least", () => {
  const funnel = { fact: "lead", period: { from: at("2026-01-01"), to: at("2026-02-01") }, steps: ["new"] };
  expect(funnelQuerySchema.safeParse(funnel).success).toBe(false);
  expect(funnelQuerySchema.safeParse({ ...funnel, steps: ["new", "qualified"] }).success).toBe(true);
});

test("what crosses HTTP has a JSON Schema", () => {
  for (const schema of [reportQuerySchema, reportResultSchema, snapshotQuerySchema, funnelQuerySchema]) {
    expect(z.toJSONSchema(schema)).toMatchObject({ type: "object" });
  }
});

function period(from: string, to: string) {
  return { dimension: "created", from: at(from), to: at(to) };
}

function at(day: string): string {
  return `${day}T00:00:00.000Z`;
}
