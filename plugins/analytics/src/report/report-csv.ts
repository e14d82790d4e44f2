import type { ReportColumn, ReportResult } from "@crmessenger/kernel/analytics";
import type { Json } from "@crmessenger/kernel/infrastructure";

/** What a spreadsheet takes for a formula when a cell begins with it. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A report as comma-separated values (RFC 4180), with the names of columns first. Text that a spreadsheet would run is
 * put behind an apostrophe; numbers are left as they are.
 */
export async function reportCsv({ columns, rows }: Pick<ReportResult, "columns" | "rows">): Promise<string> {
  const { stringify } = await import("csv-stringify/sync");
  return stringify([columns.map(headingOf), ...rows.map((row) => row.map(cellOf))], { record_delimiter: "windows" });
}

function headingOf(column: ReportColumn): string {
  return safeText(column.role === "metric" && column.of === "previous" ? `${column.name} (previous)` : column.name);
}

function cellOf(value: Json): string | number {
  if (value === null) return "";
  if (typeof value === "number") return value;
  return safeText(typeof value === "string" ? value : JSON.stringify(value));
}

/** Decimals are text, and a minus before digits is no formula. */
function safeText(text: string): string {
  return FORMULA.test(text) && !/^-\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}
