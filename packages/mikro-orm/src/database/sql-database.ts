import type { SqlColumn, SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { compileCriteria } from "../criteria/compile-criteria.ts";
import { SqlParameters } from "../criteria/sql-parameters.ts";
import type { RecordTable } from "../repository/record-columns.ts";
import type { Database } from "./database.ts";

/** SQL for plugins that the application trusts with it. */
export function createSqlDatabase(database: Database): SqlDatabase {
  return {
    engine: database.engine,
    query: async (statement, parameters) => (await database.query(statement, parameters)).rows as never,
    async condition(criteria, columns, first = 1) {
      const parameters = new SqlParameters(first);
      const sql = compileCriteria(criteria, tableOf(columns), parameters);
      return { sql, parameters: parameters.values };
    },
  };
}

function tableOf(columns: Readonly<Record<string, SqlColumn>>): RecordTable {
  const entries = Object.entries(columns).map(
    ([property, { sql, kind }]) => [property, { property, sql, kind, nullable: true }] as const,
  );
  return { name: "row", sql: "", columns: new Map(entries), selection: "" };
}
