import { contract } from "../contract.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Json, Timestamp } from "../infrastructure/json.ts";
import type { Sort } from "../infrastructure/page.ts";
import type { TimeGrain } from "./dimension.ts";
import type { FactDefinition, FactHistory } from "./fact.ts";
import type { MetricFormula } from "./metric.ts";
import type { ReportPeriod } from "./report-query.ts";
import type { Funnel } from "./snapshot.ts";

/** A query in terms of one fact's columns: names are resolved, and the access scope is part of the criteria. */
export interface ReportPlan {
  readonly fact: FactDefinition;
  readonly criteria: Criteria;
  readonly period: (ReportPeriod & { readonly column: string }) | null;
  readonly groups: readonly { readonly column: string; readonly grain: TimeGrain | null }[];
  /** By the name that `having` and `sort` know. */
  readonly metrics: readonly { readonly name: string; readonly formula: MetricFormula }[];
  readonly having: Criteria;
  /** `field`: a metric's name, or a group's column. */
  readonly sort: readonly Sort[];
  readonly limit: number;
  readonly timeZone: string;
}

/** A funnel in terms of columns: members come from the fact, their ways from its history. */
export interface FunnelPlan {
  readonly fact: FactDefinition & { readonly history: FactHistory };
  /** Over the fact's rows, access scope included. */
  readonly criteria: Criteria;
  /** Over the column that says when a row's subject began. */
  readonly period: ReportPeriod & { readonly column: string };
  readonly steps: readonly string[];
  /** A column to split by. */
  readonly by: string | null;
}

/** What a data source answers: groups first, then metrics, in the plan's order. */
export interface ReportRows {
  readonly rows: readonly (readonly Json[])[];
  readonly totals: readonly Json[];
  readonly truncated: boolean;
  readonly asOf: Timestamp;
}

/**
 * Where facts are and reports are computed: PostgreSQL, or a column store beside it. Answers agree with a naive
 * evaluation of the plan over the rows, to the last digit of a decimal; an average of decimals has ten digits after the
 * point. Groups that are equal in every sort key come in order of their columns, nulls last. No suite verifies it yet.
 *
 * Errors: `CRM_REPORT_UNAVAILABLE` (503, retryable), also while a fact or a column is being built for the first time,
 * and `CRM_REPORT_TIMEOUT` (504) after 30 000 ms.
 */
export interface ReportDataSource {
  run(plan: ReportPlan, signal?: AbortSignal): Promise<ReportRows>;
  /** As `AnalyticsEngine.buildFunnel` answers. */
  funnel(plan: FunnelPlan, signal?: AbortSignal): Promise<readonly Funnel[]>;
}

export const ReportDataSource = contract<ReportDataSource>("analytics.report-data-source", 1);
