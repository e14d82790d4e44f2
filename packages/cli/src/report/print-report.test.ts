import type { ReportResult } from "@crmessenger/kernel/analytics";
import { expect, test } from "vitest";
import { printReport } from "./print-report.ts";

const result: ReportResult = {
  columns: [
    { role: "dimension", name: "source", label: "Source", kind: "text" },
    { role: "metric", name: "leads", label: "Leads", unit: "count", of: "period" },
    { role: "metric", name: "conversion", label: "Conversion", unit: "ratio", of: "period" },
    { role: "metric", name: "wait", label: "Wait", unit: "milliseconds", of: "previous" },
  ],
  rows: [
    ["telegram", 12, 0.25, 90_000],
    ["evil\u001b[2J", 3, null, 40],
    [null, 1, 0, 172_800_000],
  ],
  totals: [16, 0.1875, null],
  truncated: true,
  asOf: "2026-01-31T12:00:00.000Z",
};

test("a report is a table that says what its figures are", () => {
  expect(`\n${printReport(result)}\n`).toBe(`
Source    Leads  Conversion  Wait, before
────────  ─────  ──────────  ────────────
telegram     12      25.0 %       1.5 min
evil [2J      3           –         40 ms
–             1       0.0 %         2.0 d
────────  ─────  ──────────  ────────────
total        16      18.8 %             –

as of 2026-01-31T12:00:00.000Z; there are more rows
`);
});

test("without dimensions there is one row, and it is the total", () => {
  const { columns, totals, ...rest } = result;
  const lines = printReport({ ...rest, columns: columns.slice(1, 2), rows: [[16]], totals: totals.slice(0, 1) }).split(
    "\n",
  );
  expect(lines.slice(0, 4)).toEqual(["Leads", "─────", "   16", ""]);
});
