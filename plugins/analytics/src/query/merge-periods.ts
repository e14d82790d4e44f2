import type { ReportPeriod, ReportPlan, ReportRows } from "@crmessenger/kernel/analytics";
import { type CriteriaSubject, type Json, type Sort, matches } from "@crmessenger/kernel/infrastructure";
import { compareValues } from "./compare-values.ts";
import { rewriteCriteria } from "./rewrite-criteria.ts";
import { bucketOf, startOfBucket } from "./time-bucket.ts";

type Row = readonly Json[];

export interface ComparedPeriods {
  readonly period: ReportPeriod;
  readonly previous: ReportPeriod;
}

/**
 * Joins a report with the one of an earlier period, each answered without having, sort and limit, which come here. The
 * third day of the one period stands beside the third day of the other.
 */
export function mergePeriods(
  plan: ReportPlan,
  now: ReportRows,
  before: ReportRows,
  periods: ComparedPeriods,
): ReportRows {
  const count = plan.groups.length;
  const empty = plan.metrics.map(({ formula }) => (formula.kind.startsWith("count") ? 0 : null));
  const rows = new Map<string, Row>();
  for (const row of now.rows) rows.set(keyOf(row.slice(0, count)), [...row, ...empty]);
  for (const row of before.rows) {
    const groups = row.slice(0, count).map((value, index) => moved(value, plan, index, periods));
    const key = keyOf(groups);
    const current = rows.get(key) ?? [...groups, ...empty];
    rows.set(key, [...current.slice(0, count + empty.length), ...row.slice(count)]);
  }
  const kept = [...rows.values()].filter((row) => passes(plan, row)).toSorted(orderOf(plan));
  return {
    rows: kept.slice(0, plan.limit),
    totals: [...now.totals, ...before.totals],
    truncated: now.truncated || before.truncated || kept.length > plan.limit,
    asOf: now.asOf,
  };
}

function keyOf(groups: Row): string {
  return JSON.stringify(groups);
}

/** A value of the earlier period where it stands in the later one. */
function moved(
  value: Json,
  { groups, timeZone }: ReportPlan,
  index: number,
  { period, previous }: ComparedPeriods,
): Json {
  const grain = groups[index]?.grain ?? null;
  if (grain === null || typeof value !== "string") return value;
  const bucket = (time: string) => bucketOf(Date.parse(time), grain, timeZone);
  const steps = bucket(period.from) - bucket(previous.from);
  return new Date(startOfBucket(bucket(value) + steps, grain, timeZone)).toISOString();
}

/** Names may hold dots, which mean paths to criteria. */
function passes({ having, metrics, groups }: ReportPlan, row: Row): boolean {
  const places = new Map(metrics.map(({ name }, index) => [name, `m${index}`]));
  const subject: CriteriaSubject = Object.fromEntries(
    metrics.map((_, index) => [`m${index}`, row[groups.length + index] ?? null]),
  );
  return matches(
    rewriteCriteria(having, (field) => places.get(field) ?? field),
    subject,
  );
}

function orderOf({ sort, groups, metrics }: ReportPlan): (a: Row, b: Row) => number {
  const placeOf = ({ field }: Sort) => {
    const metric = metrics.findIndex(({ name }) => name === field);
    return metric >= 0 ? groups.length + metric : groups.findIndex(({ column }) => column === field);
  };
  const keys = [
    ...sort.map((each) => ({ place: placeOf(each), sign: each.direction === "desc" ? -1 : 1 })),
    ...groups.map((_, place) => ({ place, sign: 1 })),
  ];
  return (a, b) => {
    for (const { place, sign } of keys) {
      const [left, right] = [a[place] ?? null, b[place] ?? null];
      if (left === right) continue;
      if (left === null) return 1;
      if (right === null) return -1;
      const order = compareValues(left, right, place >= groups.length);
      if (order !== 0) return order * sign;
    }
    return 0;
  };
}
