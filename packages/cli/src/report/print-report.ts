import type { ReportColumn, ReportResult } from "@crmessenger/kernel/analytics";
import type { Json } from "@crmessenger/kernel/infrastructure";

/** A report as a table for a terminal, with what it is of in the last line. */
export function printReport({ columns, rows, totals, truncated, asOf }: ReportResult): string {
  const firstMetric = columns.findIndex(({ role }) => role === "metric");
  const total = columns.map((column, index) =>
    index < firstMetric ? "" : cellOf(totals[index - firstMetric] ?? null, column),
  );
  if (firstMetric > 0) total[0] = "total";
  const body = rows.map((row) => columns.map((column, index) => cellOf(row[index] ?? null, column)));
  const table = [columns.map(headingOf), ...body, ...(firstMetric > 0 ? [total] : [])];
  const widths = columns.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  const lines = table.map((row) => line(row, widths, firstMetric));
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  lines.splice(1, 0, rule);
  if (firstMetric > 0) lines.splice(-1, 0, rule);
  return [...lines, "", `as of ${asOf}${truncated ? "; there are more rows" : ""}`].join("\n");
}

function line(row: readonly string[], widths: readonly number[], firstMetric: number): string {
  return row
    .map((cell, index) => (index < firstMetric ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join("  ")
    .trimEnd();
}

function headingOf(column: ReportColumn): string {
  return column.role === "metric" && column.of === "previous" ? `${column.label}, before` : column.label;
}

function cellOf(value: Json, column: ReportColumn): string {
  if (value === null) return "–";
  if (column.role === "metric" && typeof value === "number") return numberOf(value, column.unit);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // What is printed must not steer the terminal.
  return text.replaceAll(/\p{Cc}/gu, " ");
}

type Unit = Extract<ReportColumn, { role: "metric" }>["unit"];

function numberOf(value: number, unit: Unit): string {
  if (unit === "ratio") return `${(value * 100).toFixed(1)} %`;
  if (unit === "milliseconds") return durationOf(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** In the largest unit of which there is at least one. */
function durationOf(milliseconds: number): string {
  const found = UNITS.find(([, size]) => milliseconds >= size);
  if (!found) return `${Math.round(milliseconds)} ms`;
  const [name, size] = found;
  return `${(milliseconds / size).toFixed(1)} ${name}`;
}
