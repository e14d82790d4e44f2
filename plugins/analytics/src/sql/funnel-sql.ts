import type { Funnel, FunnelPlan } from "@crmessenger/kernel/analytics";
import { type Json, type SqlDatabase, compareText } from "@crmessenger/kernel/infrastructure";
import { asFact, quoted } from "../store/fact-table.ts";
import type { FactPlace } from "./fact-place.ts";
import { type SqlText, whereSql } from "./report-sql.ts";
import { Statement } from "./statement.ts";

/** What the statement answers: how far how many came, and how long they stayed on the step before the next. */
export interface FunnelRow {
  readonly [column: string]: unknown;
  readonly value: Json;
  /** By step: how many got there, or further. */
  readonly counts: readonly number[];
  /** By step: the median stay of those who left it for a later one. */
  readonly stays: readonly (number | null)[];
}

/** A funnel as one statement. The members are the fact's rows; how far they came is told by its history. */
export async function funnelSql(
  sql: SqlDatabase,
  plan: FunnelPlan,
  places: { readonly fact: FactPlace; readonly history: FactPlace },
): Promise<SqlText> {
  const statement = new Statement(sql);
  const { history } = plan.fact;
  const [of, state, leftFor, stayMs] = [history.of, history.state, history.leftFor, history.stayMs].map(quoted);
  const where = await whereSql(statement, plan, places.fact);
  const tenant = statement.add(places.history.tenantId, "text");
  const steps = statement.add(plan.steps, "text[]");
  const kind = plan.by === null ? "text" : (places.fact.columns[plan.by] ?? "text");
  const numbers = plan.steps.map((_, index) => index + 1);
  const median = (step: number) =>
    `percentile_cont(0.5) within group (order by stay) filter (where at = ${step} and next > ${step})`;
  return {
    parameters: statement.parameters,
    sql: `
    with member as (
      select key, ${plan.by === null ? "null::text" : quoted(plan.by)} as value from ${quoted(places.fact.table)} where ${where}
    ), way as (
      select member.key, member.value, array_position(${steps}, h.${state}) as at,
        array_position(${steps}, h.${leftFor}) as next, h.${stayMs} as stay
      from member join ${quoted(places.history.table)} h on h.${of} = member.key and h.tenant_id = ${tenant}
    ), furthest as (
      select key, value, max(at) as at from way group by 1, 2
    ), counted as (
      select value, array[${numbers.map((step) => `count(*) filter (where at >= ${step})`).join(", ")}] as counts
      from furthest group by 1
    ), stayed as (
      select value, array[${numbers.map(median).join(", ")}] as stays from way group by 1
    )
    select ${asFact("counted.value", kind)} as value, to_json(counts) as counts, to_json(stays) as stays
    from counted join stayed on counted.value is not distinct from stayed.value`,
  };
}

/** The largest first; equal ones in order of their values, nothing last. */
export function funnelsOf(rows: readonly FunnelRow[], steps: readonly string[], isWhole: boolean): readonly Funnel[] {
  const present = rows.length === 0 && isWhole ? [emptyRow(steps)] : rows;
  return present
    .map((row) => ({ value: row.value, steps: steps.map((step, index) => stepOf(row, step, index)) }))
    .toSorted(bySize);
}

function emptyRow(steps: readonly string[]): FunnelRow {
  return { value: null, counts: steps.map(() => 0), stays: steps.map(() => null) };
}

function stepOf({ counts, stays }: FunnelRow, step: string, index: number): Funnel["steps"][number] {
  const count = counts[index] ?? 0;
  const before = counts[index - 1] ?? 0;
  return {
    step,
    count,
    conversion: before === 0 ? null : count / before,
    medianMs: index === 0 ? null : (stays[index - 1] ?? null),
  };
}

function bySize(a: Funnel, b: Funnel): number {
  const difference = (b.steps[0]?.count ?? 0) - (a.steps[0]?.count ?? 0);
  if (difference !== 0) return difference;
  if (a.value === null || b.value === null) return a.value === b.value ? 0 : a.value === null ? 1 : -1;
  return typeof a.value === "string" && typeof b.value === "string"
    ? compareText(a.value, b.value)
    : a.value < b.value
      ? -1
      : 1;
}
