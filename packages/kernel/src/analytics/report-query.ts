import { z } from "zod";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { Sort } from "../infrastructure/page.ts";
import { timestamp } from "../schema.ts";
import type { TimeGrain } from "./dimension.ts";

/** A stretch of time: `from` inclusive, `to` exclusive. */
export interface ReportPeriod {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** A dimension as a query cuts along it. */
export interface ReportDimension {
  readonly name: string;
  /** Only, and always, for dimensions of time. */
  readonly grain?: TimeGrain;
}

/** A question to the read side: metrics × dimensions, over a period, narrowed by criteria. */
export interface ReportQuery {
  /** Names of metrics of one fact, 1 to 20. */
  readonly metrics: readonly string[];
  /** Up to 8. */
  readonly dimensions: readonly ReportDimension[];
  /** Over columns of the fact, or dimensions by name; custom fields as `attributes.<field>`. */
  readonly criteria: Criteria;
  /** Which dimension of time the period is about, and the period; null: all there is. */
  readonly period: (ReportPeriod & { readonly dimension: string }) | null;
  /** The same report for an earlier time: the stretch just before the period, or the same one a year before. */
  readonly comparison: "previous-period" | "previous-year" | null;
  /** Over the answered metrics by name. */
  readonly having: Criteria;
  /** By metric or dimension name; rows that are equal then come in order of their dimensions. */
  readonly sort: readonly Sort[];
  /** 1 to 10 000 rows. */
  readonly limit: number;
  /** IANA: where days begin. */
  readonly timeZone: string;
}

export const timeGrainSchema: z.ZodType<TimeGrain> = z.enum(["hour", "day", "week", "month", "quarter", "year"]);

export const reportPeriodSchema: z.ZodType<ReportPeriod> = z
  .strictObject({ from: timestamp, to: timestamp })
  .refine(({ from, to }) => from < to, "the period ends after it begins");

const name = z.string().min(1).max(200);
const everything: Criteria = { op: "and", all: [] };

/** As it comes over HTTP: what is left out gets its default. */
export const reportQuerySchema = z.strictObject({
  metrics: z.array(name).min(1).max(20).readonly(),
  dimensions: z
    .array(z.strictObject({ name, grain: timeGrainSchema.exactOptional() }))
    .max(8)
    .readonly()
    .default([]),
  criteria: criteriaSchema.default(everything),
  period: z
    .strictObject({ dimension: name, from: timestamp, to: timestamp })
    .refine(({ from, to }) => from < to, "the period ends after it begins")
    .nullable()
    .default(null),
  comparison: z.enum(["previous-period", "previous-year"]).nullable().default(null),
  having: criteriaSchema.default(everything),
  sort: z
    .array(z.strictObject({ field: name, direction: z.enum(["asc", "desc"]) }))
    .max(8)
    .readonly()
    .default([]),
  limit: z.number().int().min(1).max(10_000).default(1_000),
  timeZone: z.string().min(1).max(64).default("UTC"),
});
