import type { ReportPlan } from "@crmessenger/kernel/analytics";
import { everything, where } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { leadFact } from "../facts/lead-projection.ts";
import { mergePeriods } from "./merge-periods.ts";

const asOf = "2026-01-01T00:00:00.000Z";
const plan: ReportPlan = {
  fact: leadFact,
  criteria: everything,
  period: null,
  groups: [
    { column: "createdAt", grain: "day" },
    { column: "channel", grain: null },
  ],
  metrics: [
    { name: "shop.leads", formula: { kind: "count" } },
    { name: "wait", formula: { kind: "average", column: "firstResponseMs" } },
  ],
  having: everything,
  sort: [],
  limit: 100,
  timeZone: "Europe/Berlin",
};
/** The week in which clocks go forward, and the one before it. */
const periods = {
  period: { from: "2025-03-26T23:00:00.000Z", to: "2025-04-02T22:00:00.000Z" },
  previous: { from: "2025-03-19T23:00:00.000Z", to: "2025-03-26T23:00:00.000Z" },
};
const rows = (...rows: (string | number | null)[][]) => ({ rows, totals: [rows.length, null], truncated: false, asOf });
const now = rows(["2025-03-30T22:00:00.000Z", "http", 3, 40], ["2025-03-27T23:00:00.000Z", null, 1, null]);
const before = rows(["2025-03-23T23:00:00.000Z", "http", 2, 10], ["2025-03-20T23:00:00.000Z", "http", 9, 5]);

test("the same days of two periods stand side by side, also when clocks change; missing ones count nothing", () => {
  expect(mergePeriods(plan, now, before, periods)).toEqual({
    rows: [
      ["2025-03-27T23:00:00.000Z", "http", 0, null, 9, 5],
      ["2025-03-27T23:00:00.000Z", null, 1, null, 0, null],
      ["2025-03-30T22:00:00.000Z", "http", 3, 40, 2, 10],
    ],
    totals: [2, null, 2, null],
    truncated: false,
    asOf,
  });
});

test("having is about the period, then comes the order, then the limit", () => {
  const asked = {
    ...plan,
    having: where("shop.leads").gt(0),
    sort: [{ field: "shop.leads", direction: "desc" }] as const,
  };
  expect(mergePeriods(asked, now, before, periods).rows.map((row) => row[2])).toEqual([3, 1]);
  expect(mergePeriods({ ...asked, limit: 1 }, now, before, periods)).toMatchObject({
    truncated: true,
    rows: [{ 2: 3 }],
  });
});
