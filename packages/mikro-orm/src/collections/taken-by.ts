import { executionContext } from "@crmessenger/kernel";
import { type CollectionDefinition, type CriteriaSubject, fieldOf } from "@crmessenger/kernel/infrastructure";
import { SqlParameters } from "../criteria/sql-parameters.ts";
import type { Database } from "../database/database.ts";
import { fieldSql, literal } from "./document-table.ts";

/** Which constraint kept a document out: `key`, or the name of a unique combination. */
export async function takenBy<T extends object>(
  database: Database,
  { name, unique }: CollectionDefinition<T>,
  key: string,
  value: T,
): Promise<string> {
  const parameters = new SqlParameters();
  const here = `collection = ${literal(name)} and tenant_id = ${parameters.add(executionContext().tenantId, "text")}`;
  const answers = [`exists (select from documents where ${here} and key = ${parameters.add(key, "text")}) as "key"`];
  for (const [constraint, fields] of Object.entries(unique)) {
    const parts = fields.map((field) => ({ sql: fieldSql(field), value: fieldOf(value as CriteriaSubject, field) }));
    if (parts.some(({ value }) => value === null)) continue;
    const conditions = parts.map(({ sql, value }) => `${sql} = ${parameters.add(JSON.stringify(value), "jsonb")}`);
    answers.push(
      `exists (select from documents where ${here} and ${conditions.join(" and ")}) as "${constraint.replaceAll('"', '""')}"`,
    );
  }
  const { rows } = await database.query<Record<string, boolean>>(`select ${answers.join(", ")}`, parameters.values);
  const taken = Object.entries(rows[0] ?? {}).find(([, isTaken]) => isTaken);
  return taken?.[0] ?? "key"; // whoever had it is gone again
}
