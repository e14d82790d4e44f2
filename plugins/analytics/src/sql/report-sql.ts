import type { FactColumnKind, ReportPlan, TimeGrain } from "@crmessenger/kernel/analytics";
import { type Criteria, type SqlDatabase, and } from "@crmessenger/kernel/infrastructure";
import { asFact, asOperand, operandsOf, quoted } from "../store/fact-table.ts";
import { countColumn } from "../summary/summary-table.ts";
import type { FactPlace } from "./fact-place.ts";
import { MetricWriter } from "./metric-sql.ts";
import { Statement } from "./statement.ts";

export interface SqlText {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * A report as one statement, so that rows and totals are of one moment. It answers one row: `rows` and `totals`, JSON.
 *
 * Groups are made of raw values and written as text afterwards, once a group instead of once a row. Totals are made of
 * the groups where that is exact; a second pass over the facts is for distinct values and percentiles.
 */
export async function reportSql(sql: SqlDatabase, plan: ReportPlan, place: FactPlace): Promise<SqlText> {
  const statement = new Statement(sql);
  const writer = new MetricWriter(statement, place);
  const metrics = [];
  for (const { name, formula } of plan.metrics) metrics.push({ name, ...(await writer.write(formula)) });
  const isCut = plan.groups.some(({ grain }) => grain !== null);
  const zone = isCut ? statement.add(plan.timeZone, "text") : "";
  const groups = plan.groups.map((group) => groupSql(group, place, zone));
  const where = await whereSql(statement, plan, place);
  const answered = Object.fromEntries(metrics.map(({ name, kind }, index) => [name, asOperand(`m${index}`, kind)]));
  const having = await statement.condition(plan.having, answered);
  const limit = statement.add(plan.limit + 1, "int");
  const table = quoted(place.summary?.table ?? place.table);
  const leaves = writer.leaves.map(({ sql }, index) => `${sql} as a${index}`);
  const rollUp = writer.leaves.every(({ rollUp }) => rollUp !== null);
  const totals = rollUp
    ? `select ${writer.leaves.map((leaf, index) => `${leaf.rollUp}(a${index}) as a${index}`).join(", ")} from grouped`
    : `select ${leaves.join(", ")} from ${table} where ${where}`;
  const grouping = groups.length === 0 ? "" : `group by ${groups.map((_, index) => index + 1).join(", ")}`;
  const row = [
    ...groups.map(({ kind }, index) => asFact(`g${index}`, kind)),
    ...metrics.map(({ kind }, index) => asFact(`m${index}`, kind)),
  ];
  return {
    parameters: statement.parameters,
    sql: `
    with grouped as ${rollUp ? "materialized" : ""} (
      select ${[...groups.map(({ sql }, index) => `${sql} as g${index}`), ...leaves].join(", ")}
      from ${table} where ${where} ${grouping}
    ), answered as (
      select ${[...groups.map((_, index) => `g${index}`), ...metrics.map(({ sql }, index) => `${sql} as m${index}`)].join(", ")} from grouped
    ), page as (
      select row_number() over (order by ${orderSql(plan)}) as place, answered.* from answered
      where ${having} order by place limit ${limit}
    ), total as (${totals})
    select
      (select coalesce(json_agg(json_build_array(${row.join(", ")}) order by place), '[]') from page) as rows,
      (select json_build_array(${metrics.map(({ sql, kind }) => asFact(sql, kind)).join(", ")}) from total) as totals`,
  };
}

/** Written out, so that nothing of a plan but numbers gets into the text of a statement. */
const GRAINS: Readonly<Record<TimeGrain, string>> = {
  hour: "'hour'",
  day: "'day'",
  week: "'week'",
  month: "'month'",
  quarter: "'quarter'",
  year: "'year'",
};

function groupSql(
  { column, grain }: ReportPlan["groups"][number],
  { columns, summary }: FactPlace,
  zone: string,
): { readonly sql: string; readonly kind: FactColumnKind } {
  const kind = columns[column] ?? "text";
  const sql = quoted(column);
  if (grain === null) return { sql, kind };
  if (summary)
    return { sql: `(date_trunc(${GRAINS[grain]}, _day::timestamp) at time zone ${zone})`, kind: "timestamp" };
  const local = kind === "date" ? `(${sql}::timestamp at time zone ${zone})` : sql;
  return { sql: `date_trunc(${GRAINS[grain]}, ${local}, ${zone})`, kind: "timestamp" };
}

/** The tenant's rows that are complete, within the period, and meet the criteria. */
export async function whereSql(
  statement: Statement,
  { fact, criteria, period }: Pick<ReportPlan, "fact" | "criteria" | "period">,
  { columns, tenantId, summary }: FactPlace,
): Promise<string> {
  const parts = [`tenant_id = ${statement.add(tenantId, "text")}`];
  if (summary) {
    if (period) {
      const zone = statement.add(summary.timeZone, "text");
      const dayOf = (time: string) => `(${statement.add(time, "timestamptz")} at time zone ${zone})::date`;
      parts.push(`_day >= ${dayOf(period.from)}`, `_day < ${dayOf(period.to)}`);
    }
    parts.push(`${countColumn(0)} > 0`, await statement.condition(criteria, operandsOf(columns)));
    return parts.join(" and ");
  }
  if (fact.began !== undefined) parts.push(`${quoted(fact.began)} is not null`);
  const within: Criteria[] = period
    ? [
        { op: "gte", field: period.column, value: period.from },
        { op: "lt", field: period.column, value: period.to },
      ]
    : [];
  parts.push(await statement.condition(and(...within, criteria), operandsOf(columns)));
  return parts.join(" and ");
}

/** As asked; then by the groups. */
function orderSql({ sort, groups, metrics }: ReportPlan): string {
  const keys = sort.map(({ field, direction }) => {
    const metric = metrics.findIndex(({ name }) => name === field);
    const group = groups.findIndex(({ column }) => column === field);
    return `${metric >= 0 ? `m${metric}` : `g${group}`} ${direction === "desc" ? "desc" : "asc"} nulls last`;
  });
  const rest = groups.map((_, index) => `g${index} nulls last`);
  return [...keys, ...rest, "1::int"].slice(0, Math.max(1, keys.length + rest.length)).join(", ");
}
