import { contract } from "../contract.ts";

/**
 * SQL for those whom the application trusts with it: reports and operations. Everybody else stores in Collections.
 * Statements run in the current unit of work where there is one; tables are the storage's own and may change.
 */
export interface SqlDatabase {
  readonly engine: "pglite" | "postgresql";
  /** One statement with `$1` parameters. */
  query<R extends Readonly<Record<string, unknown>>>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<readonly R[]>;
}

export const SqlDatabase = contract<SqlDatabase>("infrastructure.sql-database", 1, { engine: "read" });
