import type { NamedReport, ReportResult } from "@crmessenger/kernel/analytics";
import { chartData } from "../chart/chart-data.ts";
import { drawChart } from "../chart/draw-chart.ts";
import { reportCsv } from "./report-csv.ts";

export const CSV = "text/csv";
export const SVG = "image/svg+xml";

/** An answered report as a document. */
export async function renderReport(
  { label, chart }: NamedReport,
  result: ReportResult,
  format: "csv" | "svg",
): Promise<{ contentType: string; body: string }> {
  return format === "csv"
    ? { contentType: CSV, body: await reportCsv(result) }
    : { contentType: SVG, body: await drawChart(chartData(label, chart, result)) };
}
