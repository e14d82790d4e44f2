import type { SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { Statement } from "../sql/statement.ts";
import { type Change, type Summary, addToSummary } from "../summary/summary-table.ts";
import { type FactColumns, deleteRows, rowsOf, selectRows, upsertRows } from "./fact-table.ts";

/** A statement whose first two parameters are the tenant, and rows or keys; the rest are always the same. */
export interface RowStatement {
  readonly sql: string;
  readonly rest: readonly unknown[];
}

/** The statements for one table of facts. */
export interface FactStatements {
  readonly columns: FactColumns;
  readonly select: string;
  readonly upsert: RowStatement;
  readonly delete: RowStatement;
}

interface FactTable {
  readonly table: string;
  readonly columns: FactColumns;
  readonly summaries: readonly Summary[];
}

/** Rows and their summaries change in one statement: it sees the rows as they were, and hands on what they became. */
export async function factStatements(
  sql: SqlDatabase,
  { table, columns, summaries }: FactTable,
): Promise<FactStatements> {
  const kept = summaries.filter(({ retiredAt }) => retiredAt === null);
  const before = `select found.* from ${rowsOf(table, "json_to_recordset($2::text::json) as asked(key text)")}`;
  const put = { name: "put", sql: upsertRows(table, columns) };
  const gone = { name: "gone", sql: deleteRows(table) };
  const [came, left] = [
    { rows: "put", sign: "" },
    { rows: "before", sign: "-" },
  ] as const;
  return {
    columns,
    select: selectRows(table, columns),
    upsert: await withSummaries(sql, { columns, kept }, [{ name: "before", sql: before }, put], [left, came]),
    delete: await withSummaries(sql, { columns, kept }, [gone], [{ rows: "gone", sign: "-" }]),
  };
}

async function withSummaries(
  sql: SqlDatabase,
  { columns, kept }: { readonly columns: FactColumns; readonly kept: readonly Summary[] },
  steps: readonly { readonly name: string; readonly sql: string }[],
  changes: readonly Change[],
): Promise<RowStatement> {
  const last = steps.at(-1)?.sql ?? "";
  if (kept.length === 0) return { sql: last, rest: [] };
  const statement = new Statement(sql, 2);
  const parts = steps.map((step) =>
    step.sql === last ? `${step.name} as (${step.sql} returning *)` : `${step.name} as materialized (${step.sql})`,
  );
  for (const [index, summary] of kept.entries())
    parts.push(`summary${index} as (${await addToSummary(statement, summary, columns, changes)})`);
  return { sql: `with ${parts.join(", ")} select 1 as done`, rest: statement.parameters };
}
