import { z } from "zod";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { timestamp } from "../schema.ts";
import type { ReportCatalogue } from "./analytics-engine.ts";
import { namedReportSchema } from "./named-report.ts";
import type { ProjectionState } from "./projection.ts";
import { reportQuerySchema } from "./report-query.ts";
import { reportResultSchema } from "./report-result.ts";
import { funnelQuerySchema, funnelSchema, snapshotQuerySchema, snapshotSchema } from "./snapshot.ts";

/** Reports need the permission of the fact that they are about, which the engine checks; the operation needs none of its own. */
const OF_THE_FACT = null;

export const RunReport = defineQuery({
  name: "analytics.report.run",
  description: "Answers a report: metrics by dimensions over a period, within what the caller may see.",
  input: reportQuerySchema,
  output: reportResultSchema,
  permission: OF_THE_FACT,
  http: { method: "POST", path: "/reports/run" },
});

const namedInput = z.object({
  name: z.string().min(1).max(200),
  from: timestamp.exactOptional(),
  to: timestamp.exactOptional(),
  timeZone: z.string().min(1).max(64).exactOptional(),
  comparison: z.enum(["previous-period", "previous-year"]).exactOptional(),
});

export const RunNamedReport = defineQuery({
  name: "analytics.report.run-named",
  description: "Answers a report by its name: over everything, or from a time on, or up to a time.",
  input: namedInput,
  output: reportResultSchema,
  permission: OF_THE_FACT,
  http: { method: "GET", path: "/reports/:name" },
});

export const RenderNamedReport = defineQuery({
  name: "analytics.report.render",
  description: "A report by its name as a document: comma-separated values, or a drawing.",
  input: namedInput.extend({ format: z.enum(["csv", "svg"]) }),
  output: z.object({ contentType: z.string(), body: z.string() }),
  permission: OF_THE_FACT,
  http: { method: "GET", path: "/reports/:name/as/:format" },
});

export const ListReports = defineQuery({
  name: "analytics.report.list",
  description: "The reports that can be asked for by name.",
  input: z.object({}),
  output: z.object({ items: z.array(namedReportSchema).readonly() }),
  permission: OF_THE_FACT,
  http: { method: "GET", path: "/reports" },
});

export const TakeSnapshot = defineQuery({
  name: "analytics.snapshot.take",
  description: "Counts things as they stood at a moment.",
  input: snapshotQuerySchema,
  output: snapshotSchema,
  permission: OF_THE_FACT,
});

export const BuildFunnel = defineQuery({
  name: "analytics.funnel.build",
  description: "How many of those that began in a period came how far.",
  input: funnelQuerySchema,
  output: z.object({ items: z.array(funnelSchema).readonly() }),
  permission: OF_THE_FACT,
});

const name = z.string();
const columnKind = z.enum(["text", "number", "decimal", "boolean", "timestamp", "date", "text-list"]);
const metricUnit = z.enum(["count", "ratio", "milliseconds", "money", "number"]);

/** The catalogue without what only data sources need. */
export interface ReportCatalogueView {
  readonly facts: readonly (Pick<ReportCatalogue["facts"][number], "name" | "columns"> & {
    readonly history: boolean;
  })[];
  readonly dimensions: readonly Pick<
    ReportCatalogue["dimensions"][number],
    "name" | "label" | "kind" | "entity" | "columns"
  >[];
  readonly metrics: readonly Omit<ReportCatalogue["metrics"][number], "formula">[];
}

const catalogueSchema: z.ZodType<ReportCatalogueView> = z.object({
  facts: z.array(z.object({ name, columns: z.record(name, columnKind), history: z.boolean() })).readonly(),
  dimensions: z
    .array(
      z.object({
        name,
        label: z.string(),
        kind: z.enum(["text", "number", "boolean", "time", "reference"]),
        entity: z.string().exactOptional(),
        columns: z.record(name, z.string()),
      }),
    )
    .readonly(),
  metrics: z
    .array(z.object({ name, label: z.string(), description: z.string(), fact: name, unit: metricUnit }))
    .readonly(),
});

export const GetReportCatalogue = defineQuery({
  name: "analytics.catalogue.get",
  description: "The facts, dimensions and metrics that the caller can report on.",
  input: z.object({}),
  output: catalogueSchema,
  permission: OF_THE_FACT,
});

const projectionState: z.ZodType<ProjectionState> = z.object({
  name,
  version: z.number().int(),
  status: z.enum(["live", "building", "failed"]),
  position: z.number().int(),
  lag: z.number().int(),
  asOf: timestamp,
  failure: z.string().exactOptional(),
});

export const ListProjections = defineQuery({
  name: "analytics.projection.list",
  description: "How far every version of every projection is.",
  input: z.object({}),
  output: z.object({ items: z.array(projectionState).readonly() }),
  permission: "analytics.projection.manage",
  http: { method: "GET", path: "/projections" },
});

export const RebuildProjection = defineCommand({
  name: "analytics.projection.rebuild",
  description: "Builds a projection anew from the event log; what there is serves until it is done.",
  input: z.object({ name: z.string().min(1).max(200) }),
  output: z.object({}),
  permission: "analytics.projection.manage",
  http: { method: "POST", path: "/projections/:name/rebuild", status: 202 },
});
