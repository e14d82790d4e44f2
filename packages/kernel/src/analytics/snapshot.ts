import { z } from "zod";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Json, Timestamp } from "../infrastructure/json.ts";
import { json, timestamp } from "../schema.ts";
import { type ReportPeriod, reportPeriodSchema } from "./report-query.ts";

/** How things stood at a moment: how many leads were qualified a month ago, by manager. */
export interface SnapshotQuery {
  /** The fact, such as `lead`. */
  readonly fact: string;
  readonly at: Timestamp;
  /** Names of dimensions to count by, up to 8; none counts everything. */
  readonly dimensions: readonly string[];
  /** Over the rows as they were at that moment. */
  readonly criteria: Criteria;
}

/** The exact state at a past moment, as the events tell it; what was recorded later about that time is in it. */
export interface Snapshot {
  readonly at: Timestamp;
  /** In order of the dimensions' values. */
  readonly rows: readonly { readonly values: readonly Json[]; readonly count: number }[];
}

/** How many of those that began in the period came how far. */
export interface FunnelQuery {
  readonly fact: string;
  /** When they began. */
  readonly period: ReportPeriod;
  /** States in order; one counts for a step when it ever stood there or on a later step. */
  readonly steps: readonly string[];
  /** The name of a dimension to split by; null: one funnel. */
  readonly by: string | null;
  readonly criteria: Criteria;
}

/** One funnel: how many reached each step, and how long it took them. */
export interface Funnel {
  /** The dimension's value; null for the whole. */
  readonly value: Json;
  readonly steps: readonly {
    readonly step: string;
    readonly count: number;
    /** Of the step before, 0 to 1; null when that was empty, and for the first one. */
    readonly conversion: number | null;
    /** Median stay on the step before, of those who left it for this one or a later one; null when nobody did. */
    readonly medianMs: number | null;
  }[];
}

const name = z.string().min(1).max(200);
const everything: Criteria = { op: "and", all: [] };

export const snapshotQuerySchema = z.strictObject({
  fact: name,
  at: timestamp,
  dimensions: z.array(name).max(8).readonly().default([]),
  criteria: criteriaSchema.default(everything),
});

export const snapshotSchema: z.ZodType<Snapshot> = z.object({
  at: timestamp,
  rows: z.array(z.object({ values: z.array(json).readonly(), count: z.number().int().nonnegative() })).readonly(),
});

export const funnelQuerySchema = z.strictObject({
  fact: name,
  period: reportPeriodSchema,
  steps: z.array(name).min(2).max(30).readonly(),
  by: name.nullable().default(null),
  criteria: criteriaSchema.default(everything),
});

export const funnelSchema: z.ZodType<Funnel> = z.object({
  value: json,
  steps: z
    .array(
      z.object({
        step: z.string(),
        count: z.number().int().nonnegative(),
        conversion: z.number().nullable(),
        medianMs: z.number().nullable(),
      }),
    )
    .readonly(),
});
