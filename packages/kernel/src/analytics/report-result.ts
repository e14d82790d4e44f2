import { z } from "zod";
import type { Json, Timestamp } from "../infrastructure/json.ts";
import { json, timestamp } from "../schema.ts";
import type { Metric } from "./metric.ts";

/** What stands in one column of the rows. */
export type ReportColumn =
  | {
      readonly role: "dimension";
      readonly name: string;
      readonly label: string;
      readonly kind: "text" | "number" | "boolean" | "time" | "reference";
    }
  | {
      readonly role: "metric";
      readonly name: string;
      readonly label: string;
      readonly unit: Metric["unit"];
      /** `previous`: the value of the comparison. */
      readonly of: "period" | "previous";
    };

/** An answer that describes itself: it can be drawn or printed without the query. */
export interface ReportResult {
  /** Dimensions in the query's order, then metrics, then their previous values. */
  readonly columns: readonly ReportColumn[];
  /** One value for each column; a grain of time as the RFC 3339 time it begins at; null where there is none. */
  readonly rows: readonly (readonly Json[])[];
  /** One value for each metric column, over everything that was counted, whatever `having` and `limit` leave. */
  readonly totals: readonly Json[];
  /** There were more rows than the limit. */
  readonly truncated: boolean;
  /** The answer holds everything that had happened by then. */
  readonly asOf: Timestamp;
}

const dimensionColumn = z.object({
  role: z.literal("dimension"),
  name: z.string(),
  label: z.string(),
  kind: z.enum(["text", "number", "boolean", "time", "reference"]),
});
const metricColumn = z.object({
  role: z.literal("metric"),
  name: z.string(),
  label: z.string(),
  unit: z.enum(["count", "ratio", "milliseconds", "money", "number"]),
  of: z.enum(["period", "previous"]),
});

export const reportColumnSchema: z.ZodType<ReportColumn> = z.discriminatedUnion("role", [
  dimensionColumn,
  metricColumn,
]);

export const reportResultSchema: z.ZodType<ReportResult> = z.object({
  columns: z.array(reportColumnSchema).readonly(),
  rows: z.array(z.array(json).readonly()).readonly(),
  totals: z.array(json).readonly(),
  truncated: z.boolean(),
  asOf: timestamp,
});
