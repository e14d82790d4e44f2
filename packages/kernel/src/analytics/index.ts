export { AnalyticsEngine, type ReportCatalogue } from "./analytics-engine.ts";
export { type Dimension, Dimensions, type TimeGrain } from "./dimension.ts";
export { type FactAccess, type FactColumnKind, type FactDefinition, type FactHistory } from "./fact.ts";
export { type Metric, type MetricFormula, Metrics } from "./metric.ts";
export {
  type ChartKind,
  type NamedReport,
  NamedReports,
  type ReportQuestion,
  namedReportSchema,
} from "./named-report.ts";
export {
  BuildFunnel,
  GetReportCatalogue,
  ListProjections,
  ListReports,
  RebuildProjection,
  RenderNamedReport,
  type ReportCatalogueView,
  RunNamedReport,
  RunReport,
  TakeSnapshot,
} from "./operations.ts";
export { type FactRow, type FactRows, type Projection, type ProjectionState, Projections } from "./projection.ts";
export { type FunnelPlan, ReportDataSource, type ReportPlan, type ReportRows } from "./report-data-source.ts";
export {
  type ReportDimension,
  type ReportPeriod,
  type ReportQuery,
  reportPeriodSchema,
  reportQuerySchema,
  timeGrainSchema,
} from "./report-query.ts";
export { type ReportColumn, type ReportResult, reportColumnSchema, reportResultSchema } from "./report-result.ts";
export {
  type Funnel,
  type FunnelQuery,
  type Snapshot,
  type SnapshotQuery,
  funnelQuerySchema,
  funnelSchema,
  snapshotQuerySchema,
  snapshotSchema,
} from "./snapshot.ts";
