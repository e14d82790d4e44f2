import { type Handler, answer, handle } from "@crmessenger/kernel";
import {
  type AnalyticsEngine,
  BuildFunnel,
  GetReportCatalogue,
  ListProjections,
  ListReports,
  type NamedReports,
  type Projections,
  RebuildProjection,
  RenderNamedReport,
  RunNamedReport,
  RunReport,
  TakeSnapshot,
} from "@crmessenger/kernel/analytics";
import { renderReport } from "./render-report.ts";
import { type NamedReportServices, runNamedReport } from "./run-named-report.ts";

export interface ReportServices extends NamedReportServices {
  readonly engine: AnalyticsEngine;
  readonly reports: NamedReports;
  readonly projections: Projections;
}

/** The operations of reports. */
export function reportHandlers(services: ReportServices): readonly Handler[] {
  const { engine, reports, projections } = services;
  return [
    answer(RunReport, (query) => engine.buildReport(query)),
    answer(RunNamedReport, ({ name, ...choice }) => runNamedReport(services, reports.get(name), choice)),
    answer(RenderNamedReport, async ({ name, format, ...choice }) => {
      const report = reports.get(name);
      return renderReport(report, await runNamedReport(services, report, choice), format);
    }),
    answer(ListReports, async () => ({
      items: reports.all().map(({ name, label, description, chart }) => ({ name, label, description, chart })),
    })),
    answer(TakeSnapshot, (query) => engine.buildSnapshot(query)),
    answer(BuildFunnel, async (query) => ({ items: await engine.buildFunnel(query) })),
    answer(GetReportCatalogue, async () => {
      const { facts, dimensions, metrics } = await engine.catalogue();
      return {
        facts: facts.map(({ name, columns, history }) => ({ name, columns, history: history !== undefined })),
        dimensions: dimensions.map(({ name, label, kind, entity, columns }) => ({
          name,
          label,
          kind,
          columns,
          ...(entity === undefined ? {} : { entity }),
        })),
        metrics: metrics.map(({ name, label, description, fact, unit }) => ({ name, label, description, fact, unit })),
      };
    }),
    answer(ListProjections, async () => ({ items: await projections.states() })),
    handle(RebuildProjection, async ({ name }) => {
      await projections.rebuild(name);
      return {};
    }),
  ];
}
