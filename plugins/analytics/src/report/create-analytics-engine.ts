import { CrmError, executionContext } from "@crmessenger/kernel";
import type {
  AnalyticsEngine,
  FactDefinition,
  FunnelQuery,
  ReportColumn,
  ReportDataSource,
  ReportPlan,
  ReportQuery,
  ReportResult,
  ReportRows,
  Snapshot,
  SnapshotQuery,
} from "@crmessenger/kernel/analytics";
import type { PermissionManager } from "@crmessenger/kernel/iam";
import { type Criteria, everything } from "@crmessenger/kernel/infrastructure";
import type { Catalogue, Vocabulary } from "../catalogue/catalogue.ts";
import { scopeOf } from "../query/fact-names.ts";
import { mergePeriods } from "../query/merge-periods.ts";
import { MOST_ROWS, planFunnel, planReport, planSnapshot } from "../query/plan-report.ts";
import { comparedPeriod } from "../query/time-bucket.ts";

export interface EngineServices {
  readonly catalogue: Catalogue;
  readonly source: ReportDataSource;
  readonly permissions: PermissionManager | undefined;
}

/** Plans questions for the data source, within what the actor may see. */
export function createAnalyticsEngine(services: EngineServices): AnalyticsEngine {
  const { catalogue, source } = services;
  return {
    catalogue: async () => catalogue.visible(await catalogue.whole()),
    async buildReport(query) {
      const { words, scope } = await reachOf(services, (whole) => factsOf(query, whole));
      const plan = planReport(query, words, scope);
      const rows = query.comparison === null ? await source.run(plan) : await compared(source, plan, query);
      return { columns: columnsOf(query, words), ...rows } satisfies ReportResult;
    },
    async buildSnapshot(query: SnapshotQuery): Promise<Snapshot> {
      const { words, scope } = await reachOf(services, () => [query.fact]);
      const { rows } = await source.run(planSnapshot(query, words, scope));
      return { at: query.at, rows: rows.map((row) => ({ values: row.slice(0, -1), count: Number(row.at(-1)) })) };
    },
    async buildFunnel(query: FunnelQuery) {
      const { words, scope } = await reachOf(services, () => [query.fact]);
      return source.funnel(planFunnel(query, words, scope));
    },
  };
}

/** The facts that the query's metrics are of. */
function factsOf({ metrics }: ReportQuery, vocabulary: Vocabulary): readonly string[] {
  return vocabulary.metrics.filter(({ name }) => metrics.includes(name)).map(({ fact }) => fact);
}

interface ActorReach {
  /** What the actor may use in a question. */
  readonly words: Vocabulary;
  /** The rows that the actor may see, in terms of the fact's columns. */
  readonly scope: (fact: FactDefinition) => Criteria;
}

/** What the actor may ask and see; `CRM_IAM_FORBIDDEN` when one of the facts asked for is closed to it. */
async function reachOf(
  { catalogue, permissions }: EngineServices,
  askedFor: (whole: Vocabulary) => readonly string[],
): Promise<ActorReach> {
  const whole = await catalogue.whole();
  const words = await catalogue.visible(whole);
  const names = askedFor(whole);
  const closed = whole.facts.find((fact) => names.includes(fact.name) && !words.facts.includes(fact));
  if (closed) throw forbidden(closed);
  const { subject } = executionContext();
  if (!subject || !permissions) return { words, scope: () => everything };
  const scopes = new Map<string, Criteria>();
  for (const permission of new Set(words.facts.map(({ access }) => access.permission)))
    scopes.set(permission, await permissions.scope(subject, permission));
  return { words, scope: (fact) => scopeOf(fact, scopes.get(fact.access.permission) as Criteria, whole) };
}

function forbidden({ name, access: { permission } }: FactDefinition): CrmError {
  return new CrmError("CRM_IAM_FORBIDDEN", `Reports on "${name}" need the permission ${permission}.`, {
    status: 403,
    details: { permission },
  });
}

async function compared(source: ReportDataSource, plan: ReportPlan, query: ReportQuery): Promise<ReportRows> {
  const { period } = plan;
  const { comparison, timeZone } = query;
  if (!period || !comparison) throw new TypeError("A comparison without a period is refused by the plan.");
  const open = { ...plan, having: everything, sort: [], limit: MOST_ROWS };
  const previous = comparedPeriod(period, comparison, timeZone);
  const now = await source.run(open);
  const before = await source.run({ ...open, period: { ...previous, column: period.column } });
  return mergePeriods(plan, now, before, { period, previous });
}

function columnsOf({ dimensions, metrics, comparison }: ReportQuery, vocabulary: Vocabulary): readonly ReportColumn[] {
  const ofDimensions = dimensions.flatMap(({ name }): ReportColumn[] => {
    const found = vocabulary.dimensions.find((dimension) => dimension.name === name);
    return found ? [{ role: "dimension", name, label: found.label, kind: found.kind }] : [];
  });
  const ofMetrics = (of: "period" | "previous") =>
    metrics.flatMap((name): ReportColumn[] => {
      const found = vocabulary.metrics.find((metric) => metric.name === name);
      return found ? [{ role: "metric", name, label: found.label, unit: found.unit, of }] : [];
    });
  return [...ofDimensions, ...ofMetrics("period"), ...(comparison === null ? [] : ofMetrics("previous"))];
}
