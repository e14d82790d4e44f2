import { operandsOf, quoted, SQL_TYPES, type FactColumns } from "../store/fact-table.ts";
import type { Statement } from "../sql/statement.ts";
import type { SummaryPlan } from "./summary-plan.ts";

/** A summary and where it is kept. */
export interface Summary extends SummaryPlan {
  readonly table: string;
  /** When it ceased to be kept up to date. */
  readonly retiredAt: string | null;
}

/** Rows of the fact, by the name that a statement has for them, and whether they come or go. */
export interface Change {
  readonly rows: string;
  readonly sign: "" | "-";
}

/** The column of a count. Those of facts begin with a letter. */
export function countColumn(index: number): string {
  return `_count${index}`;
}

/** A cell is known by a digest of its values, which may be longer than what an index takes. */
export function createSummary({ table, columns, counts }: Summary, kinds: FactColumns): string {
  const values = columns.map((name) => `${quoted(name)} ${SQL_TYPES[kinds[name] ?? "text"]}`);
  const counted = counts.map((_, index) => `${countColumn(index)} bigint not null`);
  const list = [
    `tenant_id text collate "C" not null`,
    "_cell bytea not null",
    "_day date not null",
    ...values,
    ...counted,
  ];
  return `create table ${quoted(table)} (${list.join(", ")}, primary key (tenant_id, _cell)) with (fillfactor = 70)`;
}

/** Adds what these rows count to the cells that they belong to. */
export async function addToSummary(
  statement: Statement,
  summary: Summary,
  kinds: FactColumns,
  changes: readonly Change[],
): Promise<string> {
  const values = summary.columns.map(quoted);
  const counts = summary.counts.map((_, index) => countColumn(index));
  const sums = counts.map((count) => `sum(${count}) as ${count}`);
  const places = values.map((_, index) => index + 3);
  const counted = [];
  for (const change of changes) counted.push(await countRows(statement, summary, kinds, change));
  return `insert into ${quoted(summary.table)} as kept (tenant_id, _cell, _day, ${[...values, ...counts].join(", ")})
    select tenant_id, sha256(convert_to(json_build_array(${["_day", ...values].join(", ")})::text, 'UTF8')), _day, ${[...values, ...counts].join(", ")}
    from (
      select tenant_id, _day, ${[...values, ...sums].join(", ")} from (${counted.join(" union all ")}) counted
      group by ${[1, 2, ...places].join(", ")}
    ) cells where ${counts.map((count) => `${count} <> 0`).join(" or ")}
    on conflict (tenant_id, _cell) do update set ${counts.map((count) => `${count} = kept.${count} + excluded.${count}`).join(", ")}`;
}

async function countRows(
  statement: Statement,
  { began, timeZone, columns, counts }: Summary,
  kinds: FactColumns,
  { rows, sign }: Change,
): Promise<string> {
  const day = `(${quoted(began)} at time zone ${statement.add(timeZone, "text")})::date as _day`;
  const groups = [1, 2, ...columns.map((_, index) => index + 3)];
  const counted = [];
  for (const [index, criteria] of counts.entries()) {
    const condition = index === 0 ? "true" : await statement.condition(criteria, operandsOf(kinds));
    counted.push(`${sign}count(*) filter (where ${condition}) as ${countColumn(index)}`);
  }
  return `select tenant_id, ${[day, ...columns.map(quoted), ...counted].join(", ")}
    from ${rows} where ${quoted(began)} is not null group by ${groups.join(", ")}`;
}
