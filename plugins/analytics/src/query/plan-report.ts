import type {
  Metric,
  ReportPlan,
  ReportQuery,
  SnapshotQuery,
  FunnelQuery,
  FunnelPlan,
  FactDefinition,
} from "@crmessenger/kernel/analytics";
import { type Criteria, and, everything, or, where } from "@crmessenger/kernel/infrastructure";
import type { Vocabulary } from "../catalogue/catalogue.ts";
import { FactNames } from "./fact-names.ts";
import { ReportIssues } from "./report-issues.ts";
import { isTimeZone } from "./time-zone.ts";
import { fieldsIn } from "./rewrite-criteria.ts";

export const MOST_ROWS = 10_000;

/** A question in terms of one fact's columns; `CRM_REPORT_QUERY` names everything that is wrong with it. */
export function planReport(
  query: ReportQuery,
  vocabulary: Vocabulary,
  scope: (fact: FactDefinition) => Criteria,
): ReportPlan {
  const issues = new ReportIssues();
  const metrics = query.metrics.flatMap((name, index) => metricOf(name, `metrics.${index}`, vocabulary, issues));
  const fact = factOf(metrics, vocabulary, issues);
  if (!fact) throw unplanned(issues);
  const names = new FactNames(fact, vocabulary.dimensions);
  const groups = query.dimensions.flatMap((asked, index) => groupOf(asked, `dimensions.${index}`, names, issues));
  requireDistinct(query, issues);
  if (!isTimeZone(query.timeZone))
    issues.add("timeZone", `"${query.timeZone}" is no time zone: use a name such as Europe/Berlin.`);
  if (query.comparison !== null && query.period === null) issues.add("comparison", "A comparison needs a period.");
  for (const field of fieldsIn(query.having))
    if (!query.metrics.includes(field)) issues.add("having", `"${field}" is not among the report's metrics.`);
  const plan: ReportPlan = {
    fact,
    criteria: names.criteria(query.criteria, "criteria", issues),
    period: periodOf(query, names, issues),
    groups,
    metrics: metrics.map(({ name, formula }) => ({ name, formula })),
    having: query.having,
    sort: query.sort.flatMap((sort, index) => sortOf(sort, `sort.${index}`, query, names, issues)),
    limit: query.limit,
    timeZone: query.timeZone,
  };
  issues.throwIfAny();
  return { ...plan, criteria: and(scope(fact), plan.criteria) };
}

function metricOf(name: string, path: string, { metrics }: Vocabulary, issues: ReportIssues): readonly Metric[] {
  const found = metrics.find((metric) => metric.name === name);
  if (found) return [found];
  issues.add(path, `There is no metric "${name}"; there are: ${metrics.map((metric) => metric.name).join(", ")}.`);
  return [];
}

function factOf(metrics: readonly Metric[], { facts }: Vocabulary, issues: ReportIssues): FactDefinition | undefined {
  const names = [...new Set(metrics.map(({ fact }) => fact))];
  if (names.length > 1)
    issues.add(
      "metrics",
      `Metrics of one report are of one fact, and these are of ${names.map((name) => `"${name}"`).join(" and ")}.`,
    );
  const found = facts.find(({ name }) => name === names[0]);
  if (!found && names[0] !== undefined) issues.add("metrics", `There is no fact "${names[0]}".`);
  return found;
}

function unplanned(issues: ReportIssues): Error {
  issues.throwIfAny();
  return new TypeError("A report without a fact has no issue.");
}

function groupOf(
  { name, grain }: ReportQuery["dimensions"][number],
  path: string,
  names: FactNames,
  issues: ReportIssues,
): ReportPlan["groups"] {
  const found = names.require(name, path, issues);
  if (!found) return [];
  const isTime = found.dimension.kind === "time";
  if (isTime && grain === undefined) issues.add(path, `"${name}" is a time and needs a grain, such as "week".`);
  if (!isTime && grain !== undefined) issues.add(path, `"${name}" is no time and has no grain.`);
  if (names.fact.columns[found.column] === "text-list")
    issues.add(path, `"${name}" is a list, and nothing can be grouped by lists.`);
  return [{ column: found.column, grain: grain ?? null }];
}

function requireDistinct({ metrics, dimensions }: ReportQuery, issues: ReportIssues): void {
  const keys = dimensions.map(({ name, grain }) => JSON.stringify([name, grain]));
  if (new Set(metrics).size < metrics.length) issues.add("metrics", "A metric is named twice.");
  if (new Set(keys).size < keys.length) issues.add("dimensions", "A dimension is named twice.");
}

function periodOf({ period }: ReportQuery, names: FactNames, issues: ReportIssues): ReportPlan["period"] {
  if (period === null) return null;
  const found = names.require(period.dimension, "period.dimension", issues);
  if (!found) return null;
  if (found.dimension.kind !== "time") issues.add("period.dimension", `"${period.dimension}" is no time.`);
  return { from: period.from, to: period.to, column: found.column };
}

function sortOf(
  { field, direction }: ReportQuery["sort"][number],
  path: string,
  query: ReportQuery,
  names: FactNames,
  issues: ReportIssues,
): ReportPlan["sort"] {
  if (query.metrics.includes(field)) return [{ field, direction }];
  const column = names.dimension(field)?.columns[names.fact.name];
  if (column !== undefined && query.dimensions.some(({ name }) => name === field))
    return [{ field: column, direction }];
  issues.add(path, `"${field}" is neither a metric nor a dimension of this report.`);
  return [];
}

/** The state at a moment as a report over the fact's history. */
export function planSnapshot(
  query: SnapshotQuery,
  vocabulary: Vocabulary,
  scope: (fact: FactDefinition) => Criteria,
): ReportPlan {
  const issues = new ReportIssues();
  const { history } = requireHistory(query.fact, vocabulary, issues);
  const fact = vocabulary.facts.find(({ name }) => name === history.fact);
  if (!fact) issues.add("fact", `The history "${history.fact}" of "${query.fact}" is kept by no projection.`);
  issues.throwIfAny();
  const past = fact as FactDefinition;
  const names = new FactNames(past, vocabulary.dimensions);
  const groups = query.dimensions.flatMap((name, index) => groupOf({ name }, `dimensions.${index}`, names, issues));
  const criteria = names.criteria(query.criteria, "criteria", issues);
  issues.throwIfAny();
  const then = and(
    where(history.from).lte(query.at),
    or(where(history.until).isNull(), where(history.until).gt(query.at)),
  );
  return {
    fact: past,
    criteria: and(then, scope(past), criteria),
    period: null,
    groups,
    metrics: [{ name: "count", formula: { kind: "count" } }],
    having: everything,
    sort: [],
    limit: MOST_ROWS,
    timeZone: "UTC",
  };
}

export function planFunnel(
  query: FunnelQuery,
  vocabulary: Vocabulary,
  scope: (fact: FactDefinition) => Criteria,
): FunnelPlan {
  const issues = new ReportIssues();
  const fact = requireHistory(query.fact, vocabulary, issues);
  const names = new FactNames(fact, vocabulary.dimensions);
  const by = query.by === null ? undefined : names.require(query.by, "by", issues);
  if (by?.dimension.kind === "time") issues.add("by", `"${query.by}" is a time, and a funnel is not split by times.`);
  if (new Set(query.steps).size < query.steps.length) issues.add("steps", "A step is named twice.");
  const criteria = names.criteria(query.criteria, "criteria", issues);
  issues.throwIfAny();
  return {
    fact,
    criteria: and(scope(fact), criteria),
    period: { ...query.period, column: fact.began },
    steps: query.steps,
    by: by?.column ?? null,
  };
}

type WithHistory = FunnelPlan["fact"] & { readonly began: string };

function requireHistory(name: string, { facts }: Vocabulary, issues: ReportIssues): WithHistory {
  const fact = facts.find((each) => each.name === name);
  if (fact?.history !== undefined && fact.began !== undefined)
    return { ...fact, history: fact.history, began: fact.began };
  const able = facts.flatMap((each) => (each.history && each.began ? each.name : []));
  issues.add("fact", `There is no fact "${name}" whose history is kept; there are: ${able.join(", ")}.`);
  throw unplanned(issues);
}
