import { contract } from "../contract.ts";
import type { Dimension } from "./dimension.ts";
import type { FactDefinition } from "./fact.ts";
import type { Metric } from "./metric.ts";
import type { ReportQuery } from "./report-query.ts";
import type { ReportResult } from "./report-result.ts";
import type { Funnel, FunnelQuery, Snapshot, SnapshotQuery } from "./snapshot.ts";

/** Everything a query can name, for those who build queries. */
export interface ReportCatalogue {
  readonly facts: readonly FactDefinition[];
  readonly dimensions: readonly Dimension[];
  readonly metrics: readonly Metric[];
}

/**
 * Answers questions about what happened, from projections and never from the tables that are written to. No suite
 * verifies it yet.
 *
 * The actor of the execution context sees its own figures: the fact's permission is checked (`CRM_IAM_FORBIDDEN`, 403)
 * and its access scope narrows the rows. Errors: `CRM_REPORT_QUERY` (422, details.issues) for names that do not exist or
 * do not go together, and those of ReportDataSource.
 */
export interface AnalyticsEngine {
  buildReport(query: ReportQuery): Promise<ReportResult>;
  buildSnapshot(query: SnapshotQuery): Promise<Snapshot>;
  /** One funnel, or one for each value of `by`, the largest first. */
  buildFunnel(query: FunnelQuery): Promise<readonly Funnel[]>;
  /** What the actor may report on. */
  catalogue(): Promise<ReportCatalogue>;
}

export const AnalyticsEngine = contract<AnalyticsEngine>("analytics.analytics-engine", 1);
