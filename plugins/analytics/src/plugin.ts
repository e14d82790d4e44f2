import { type Health, definePlugin } from "@crmessenger/kernel";
import {
  AnalyticsEngine,
  type Dimension,
  Dimensions,
  type Metric,
  Metrics,
  type NamedReport,
  NamedReports,
  Projections,
  ReportDataSource,
} from "@crmessenger/kernel/analytics";
import { CustomFieldManager } from "@crmessenger/kernel/extensibility";
import { PermissionManager } from "@crmessenger/kernel/iam";
import {
  Clock,
  EventCatalogue,
  EventLog,
  MessageBus,
  SqlDatabase,
  UnitOfWork,
  createRegistry,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { builtInDimensions } from "./catalogue/built-in-dimensions.ts";
import { builtInMetrics } from "./catalogue/built-in-metrics.ts";
import { builtInReports } from "./catalogue/built-in-reports.ts";
import { Catalogue } from "./catalogue/catalogue.ts";
import { conversationProjection } from "./facts/conversation-projection.ts";
import { leadProjection } from "./facts/lead-projection.ts";
import { leadStayProjection } from "./facts/lead-stay-projection.ts";
import { messageProjection } from "./facts/message-projection.ts";
import { reportRoutes } from "./http/report-routes.ts";
import { ProjectionHost } from "./projection/projection-host.ts";
import { createAnalyticsEngine } from "./report/create-analytics-engine.ts";
import { reportHandlers } from "./report/report-handlers.ts";
import { SqlReportDataSource } from "./sql/sql-report-data-source.ts";
import { BuildStore } from "./store/build-store.ts";
import { FieldStore } from "./store/field-store.ts";
import { SummaryKeeper } from "./summary/summary-keeper.ts";
import { summaryRequest } from "./summary/summary-plan.ts";
import { SummaryStore } from "./summary/summary-store.ts";
import { version } from "./version.ts";

const REPORT_MS = 30_000;
const DELAY_MS = { default: 500, most: 60_000 };

/** Reports, snapshots and funnels over what happened in CRMessenger. */
export const analytics = definePlugin({
  id: "analytics",
  version,
  deps: {
    bus: MessageBus,
    catalogue: EventCatalogue,
    clock: Clock,
    eventLog: EventLog,
    sql: SqlDatabase,
    unitOfWork: UnitOfWork,
  },
  optionalDeps: { customFields: CustomFieldManager, permissions: PermissionManager },
  provides: {
    engine: AnalyticsEngine,
    source: ReportDataSource,
    projections: Projections,
    dimensions: Dimensions,
    metrics: Metrics,
    reports: NamedReports,
  },
  options: z.strictObject({
    /** Milliseconds that a report may take. */
    reportTimeoutMs: z.number().int().min(100).max(REPORT_MS).default(REPORT_MS),
    /**
     * Milliseconds that facts wait for more events. Reports can wait a moment; a commit for every message would take a
     * share of what the database can do.
     */
    delayMs: z.number().int().min(0).max(DELAY_MS.most).default(DELAY_MS.default),
    /**
     * Counts that are kept by day and dimensions, for reports over very many rows. Reports that such counts answer
     * exactly are made of them; all others are made of the rows.
     */
    summaries: z.array(summaryRequest).max(20).default([]),
  }),
  boot({ bus, clock, permissions, ...services }, { options, logger, run }) {
    const builds = new BuildStore(services.sql, services.unitOfWork);
    const fields = new FieldStore(services);
    const dimensions = createRegistry<Dimension>("dimension");
    const metrics = createRegistry<Metric>("metric");
    const store = new SummaryStore({ ...services, clock });
    const projections = new ProjectionHost({
      ...services,
      builds,
      fields,
      summaries: new SummaryKeeper(options.summaries, { store, dimensions, metrics, fields }),
      clock,
      logger,
      run,
      delayMs: options.delayMs,
    });
    const reports = createRegistry<NamedReport>("report");
    for (const make of [leadProjection, leadStayProjection, conversationProjection, messageProjection])
      projections.register(make());
    for (const dimension of builtInDimensions) dimensions.register(dimension);
    for (const metric of builtInMetrics) metrics.register(metric);
    for (const report of builtInReports) reports.register(report);
    const source = new SqlReportDataSource({
      ...services,
      builds,
      asOf: (build) => projections.asOf(build),
      timeoutMs: options.reportTimeoutMs,
    });
    const noticed = projections.notice.bind(projections);
    const catalogue = new Catalogue({ projections, dimensions, metrics, fields, permissions, noticed });
    const engine = createAnalyticsEngine({ catalogue, source, permissions });
    return {
      provide: { engine, source, projections, dimensions, metrics, reports },
      handlers: reportHandlers({ engine, clock, reports, projections }),
      routes: reportRoutes(bus),
      start: () => builds.prepare(),
      ready: () => projections.start(),
      stop: () => projections.stop(),
      health: () => healthOf(projections),
    };
  },
});

async function healthOf(projections: Projections): Promise<Health> {
  const failed = (await projections.states()).find(({ status }) => status === "failed");
  if (!failed) return { status: "up" };
  return { status: "degraded", reason: `The projection "${failed.name}" is incomplete: ${failed.failure}` };
}
