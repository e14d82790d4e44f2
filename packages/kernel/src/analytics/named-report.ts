import { z } from "zod";
import { contract, registryReach } from "../contract.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { ReportQuery } from "./report-query.ts";
import type { FunnelQuery } from "./snapshot.ts";

/** How a report is best drawn. */
export type ChartKind = "bar" | "line" | "pie" | "funnel";

/** A question without its period, time zone and comparison, which are up to whoever asks. */
export type ReportQuestion =
  | ({ readonly kind: "report"; /** The dimension of time that a period is about. */ readonly time: string } & Pick<
      ReportQuery,
      "metrics" | "dimensions"
    > &
      Partial<Pick<ReportQuery, "criteria" | "having" | "sort" | "limit">>)
  | ({ readonly kind: "funnel" } & Pick<FunnelQuery, "fact" | "steps" | "by"> & Partial<Pick<FunnelQuery, "criteria">>);

/** A report that can be asked for by its name. Plain data. */
export interface NamedReport extends Named {
  readonly label: string;
  /** One sentence on what it shows. */
  readonly description: string;
  readonly question: ReportQuestion;
  readonly chart: ChartKind;
}

/** The named reports of the application; `analytics` brings a pack of them. */
export interface NamedReports extends Registry<NamedReport> {}

export const NamedReports = contract<NamedReports>("analytics.named-reports", 1, registryReach);

/** A named report as lists show it. */
export const namedReportSchema = z.object({
  name: z.string(),
  label: z.string(),
  description: z.string(),
  chart: z.enum(["bar", "line", "pie", "funnel"]),
});
