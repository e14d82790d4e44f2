import { CrmError } from "@crmessenger/kernel";
import {
  type AnalyticsEngine,
  type Funnel,
  type NamedReport,
  type ReportColumn,
  type ReportPeriod,
  type ReportQuery,
  type ReportResult,
  funnelQuerySchema,
  reportQuerySchema,
} from "@crmessenger/kernel/analytics";
import type { Clock, Json } from "@crmessenger/kernel/infrastructure";

export interface NamedReportServices {
  readonly engine: AnalyticsEngine;
  readonly clock: Clock;
}

/** What whoever asks for a report by name can choose. */
export interface ReportChoice {
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly comparison?: NonNullable<ReportQuery["comparison"]>;
}

/** Nothing happened before. */
const START_OF_TIME = "1970-01-01T00:00:00.000Z";

/** Answers a named report; a funnel comes as rows with a step each. */
export async function runNamedReport(
  { engine, clock }: NamedReportServices,
  { question }: NamedReport,
  choice: ReportChoice,
): Promise<ReportResult> {
  const now = new Date(clock.now() + 1).toISOString();
  const period = periodOf(choice, now);
  if (question.kind === "funnel") {
    const { kind: _, ...asked } = question;
    const query = funnelQuerySchema.parse({ ...asked, period: period ?? { from: START_OF_TIME, to: now } });
    return funnelResult(await engine.buildFunnel(query), question.by, now);
  }
  const { kind: _, time, ...asked } = question;
  const { timeZone, comparison = null } = choice;
  return engine.buildReport(
    reportQuerySchema.parse({
      ...asked,
      ...(timeZone === undefined ? {} : { timeZone }),
      comparison,
      period: period && { ...period, dimension: time },
    }),
  );
}

function periodOf({ from, to }: ReportChoice, now: string): ReportPeriod | null {
  if (from === undefined && to === undefined) return null;
  const period = { from: from ?? START_OF_TIME, to: to ?? now };
  if (period.from < period.to) return period;
  throw new CrmError(
    "CRM_REPORT_QUERY",
    `The report's period begins at ${period.from} and ends at ${period.to}: it has to end later.`,
    {
      status: 422,
      details: { issues: [{ path: "to", message: "The period ends before it begins." }] },
    },
  );
}

const metric = (name: string, label: string, unit: "count" | "ratio" | "milliseconds"): ReportColumn => ({
  role: "metric",
  name,
  label,
  unit,
  of: "period",
});

function funnelResult(funnels: readonly Funnel[], by: string | null, asOf: string): ReportResult {
  const split: readonly ReportColumn[] = by === null ? [] : [{ role: "dimension", name: by, label: by, kind: "text" }];
  return {
    columns: [
      ...split,
      { role: "dimension", name: "step", label: "Step", kind: "text" },
      metric("reached", "Reached", "count"),
      metric("step-conversion", "Of the step before", "ratio"),
      metric("step-time", "Median time on the step before", "milliseconds"),
    ],
    rows: funnels.flatMap(({ value, steps }) =>
      steps.map(({ step, count, conversion, medianMs }): readonly Json[] => [
        ...(by === null ? [] : [value]),
        step,
        count,
        conversion,
        medianMs,
      ]),
    ),
    totals: [funnels.reduce((sum, { steps }) => sum + (steps[0]?.count ?? 0), 0), null, null],
    truncated: false,
    asOf,
  };
}
