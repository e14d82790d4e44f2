import type { ChartKind, ReportColumn, ReportResult } from "@crmessenger/kernel/analytics";
import type { Json } from "@crmessenger/kernel/infrastructure";

/** What is drawn: a name for each place on the axis, and a line, or row of bars, for each series. */
export interface ChartData {
  readonly title: string;
  readonly kind: ChartKind;
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** What the values are, in a word for the axis. */
  readonly unit: string;
}

const MOST_CATEGORIES = 60;
const MS_PER_MINUTE = 60_000;

type MetricColumn = Extract<ReportColumn, { role: "metric" }>;

/** Metrics of other units than the first one's need another chart, and are left out of this one. */
export function chartData(title: string, kind: ChartKind, { columns, rows }: ReportResult): ChartData {
  const first = columns.find((column) => column.role === "metric");
  const unit = first?.unit ?? "number";
  const dimensions = columns.flatMap(({ role }, index) => (role === "dimension" ? [index] : []));
  const drawn = columns.flatMap((column, index) =>
    column.role === "metric" && column.unit === unit ? [{ column, index }] : [],
  );
  const shown = rows.slice(0, MOST_CATEGORIES);
  return {
    title,
    kind,
    categories: shown.map(
      (row) => dimensions.map((index) => nameOf(row[index] ?? null, columns[index])).join(" · ") || title,
    ),
    series: drawn.map(({ column, index }) => ({
      name: seriesName(column),
      values: shown.map((row) => valueOf(row[index] ?? null, column)),
    })),
    unit: { count: "", ratio: "%", milliseconds: "minutes", money: "", number: "" }[unit],
  };
}

function seriesName({ label, of }: MetricColumn): string {
  return of === "previous" ? `${label}, before` : label;
}

function nameOf(value: Json, column: ReportColumn | undefined): string {
  if (value === null) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const isTime = column?.role === "dimension" && column.kind === "time";
  return isTime ? text.replace(/T00:00:00\.000Z$/, "").replace(/:00\.000Z$/, "Z") : text;
}

function valueOf(value: Json, { unit }: MetricColumn): number | null {
  const number = typeof value === "number" ? value : typeof value === "string" ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return null;
  if (unit === "ratio") return Math.round(number * 1_000) / 10;
  return unit === "milliseconds" ? Math.round(number / MS_PER_MINUTE) : number;
}
