import type { FactRow, Funnel, FunnelPlan, MetricFormula, ReportPlan, TimeGrain } from "@crmessenger/kernel/analytics";
import { type CriteriaSubject, type Json, compareText, matches } from "@crmessenger/kernel/infrastructure";
import { DateTime } from "luxon";
import { rewriteCriteria } from "../../src/query/rewrite-criteria.ts";

/** A report as anybody would work it out by hand, one row after the other. Numbers only: no decimals. */
export function naiveReport(
  plan: ReportPlan,
  rows: Iterable<FactRow>,
): { rows: Json[][]; totals: Json[]; truncated: boolean } {
  const counted = [...rows].filter((row) => isCounted(plan, row));
  const groups = new Map<string, { values: Json[]; members: FactRow[] }>();
  if (plan.groups.length === 0) groups.set("[]", { values: [], members: [] });
  for (const row of counted) {
    const values = plan.groups.map(({ column, grain }) => cut(row[column] ?? null, grain, plan.timeZone));
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, members: [] };
    group.members.push(row);
    groups.set(key, group);
  }
  const answered = [...groups.values()]
    .map(({ values, members }) => [...values, ...plan.metrics.map(({ formula }) => evaluate(formula, members))])
    .filter((row) => having(plan, row))
    .toSorted((a, b) => compareRows(plan, a, b));
  return {
    rows: answered.slice(0, plan.limit),
    totals: plan.metrics.map(({ formula }) => evaluate(formula, counted)),
    truncated: answered.length > plan.limit,
  };
}

function isCounted(
  { fact, criteria, period }: Pick<ReportPlan, "fact" | "criteria" | "period">,
  row: FactRow,
): boolean {
  if (fact.began !== undefined && row[fact.began] === null) return false;
  const time = period ? (row[period.column] ?? null) : null;
  if (period && !(typeof time === "string" && time >= period.from && time < period.to)) return false;
  return matches(criteria, row as CriteriaSubject);
}

function cut(value: Json, grain: TimeGrain | null, zone: string): Json {
  if (grain === null || typeof value !== "string") return value;
  const local = DateTime.fromISO(value, { zone });
  // Luxon may move to the other of two equal hours, so hours are cut by minutes.
  if (grain === "hour")
    return local
      .minus({ minutes: local.minute, seconds: local.second, milliseconds: local.millisecond })
      .toUTC()
      .toISO();
  return local.startOf(grain).toUTC().toISO();
}

function evaluate(formula: MetricFormula, rows: readonly FactRow[]): Json {
  if (formula.kind === "ratio") {
    const [of, over] = [evaluate(formula.of, rows), evaluate(formula.over, rows)];
    return typeof of === "number" && typeof over === "number" && over !== 0 ? of / over : null;
  }
  const { where } = formula;
  const matching = where ? rows.filter((row) => matches(where, row as CriteriaSubject)) : rows;
  if (formula.kind === "count") return matching.length;
  const values = matching.flatMap((row) => row[formula.column] ?? []);
  if (formula.kind === "count-distinct") return new Set(values).size;
  const numbers = values.map(Number).toSorted((a, b) => a - b);
  if (numbers.length === 0) return null;
  switch (formula.kind) {
    case "sum":
      return numbers.reduce((sum, value) => sum + value, 0);
    case "average":
      return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    case "min":
      return numbers[0] as number;
    case "max":
      return numbers.at(-1) as number;
    case "percentile":
      return interpolate(numbers, formula.percentile);
  }
}

export function interpolate(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (place - below) * (high - low);
}

function having({ having: condition, metrics, groups }: ReportPlan, row: readonly Json[]): boolean {
  const subject = Object.fromEntries(
    metrics.map(({ name }, index) => [name.replaceAll(".", "_"), row[groups.length + index] ?? null]),
  );
  return matches(
    rewriteCriteria(condition, (field) => field.replaceAll(".", "_")),
    subject,
  );
}

function compareRows({ sort, groups, metrics }: ReportPlan, a: readonly Json[], b: readonly Json[]): number {
  const keys = [
    ...sort.map(({ field, direction }) => {
      const metric = metrics.findIndex(({ name }) => name === field);
      const place = metric >= 0 ? groups.length + metric : groups.findIndex(({ column }) => column === field);
      return { place, sign: direction === "desc" ? -1 : 1 };
    }),
    ...groups.map((_, place) => ({ place, sign: 1 })),
  ];
  for (const { place, sign } of keys) {
    const [left, right] = [a[place] ?? null, b[place] ?? null];
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return (
      sign *
      (typeof left === "number" && typeof right === "number" ? left - right : compareText(String(left), String(right)))
    );
  }
  return 0;
}

/** A funnel by following each lead along its stays. */
export function naiveFunnel(
  plan: FunnelPlan,
  facts: ReadonlyMap<string, FactRow>,
  history: ReadonlyMap<string, FactRow>,
): Funnel[] {
  const { of, state, leftFor, stayMs } = plan.fact.history;
  const members = [...facts].filter(([, row]) => isCounted(plan, row));
  const ways = members.map(([key, row]) => {
    const stays = [...history.values()].filter((stay) => stay[of] === key);
    const furthest = Math.max(-1, ...stays.map((stay) => plan.steps.indexOf(String(stay[state]))));
    return { value: plan.by === null ? null : (row[plan.by] ?? null), stays, furthest };
  });
  const values = plan.by === null ? [null] : [...new Set(ways.map(({ value }) => value))];
  const funnels = values.map((value) => {
    const own = ways.filter((way) => way.value === value);
    const counts = plan.steps.map((_, index) => own.filter(({ furthest }) => furthest >= index).length);
    return {
      value,
      steps: plan.steps.map((step, index) => {
        const left = own
          .flatMap(({ stays }) => stays)
          .filter(
            (stay) =>
              index > 0 && stay[state] === plan.steps[index - 1] && plan.steps.indexOf(String(stay[leftFor])) >= index,
          )
          .map((stay) => Number(stay[stayMs]))
          .toSorted((a, b) => a - b);
        const before = counts[index - 1] ?? 0;
        return {
          step,
          count: counts[index] as number,
          conversion: before === 0 ? null : (counts[index] as number) / before,
          medianMs: left.length === 0 ? null : interpolate(left, 0.5),
        };
      }),
    };
  });
  return funnels.toSorted(
    (a, b) =>
      (b.steps[0]?.count ?? 0) - (a.steps[0]?.count ?? 0) ||
      (a.value === null ? 1 : b.value === null ? -1 : compareText(String(a.value), String(b.value))),
  );
}
