import { contract } from "../contract.ts";
import type { Criteria } from "./criteria.ts";

/** How the values of a column compare: ids and other text by code point, decimals and dates as the text they are. */
export type SqlColumnKind = "text" | "uuid" | "number" | "integer" | "boolean" | "time" | "json" | "list";

/** A column, or an expression, that criteria name as a field. */
export interface SqlColumn {
  /** SQL, quoted where it has to be. Text has `COLLATE "C"`. */
  readonly sql: string;
  readonly kind: SqlColumnKind;
}

/** A condition with the values of its parameters. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

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
  /**
   * Criteria as a condition that holds for exactly the rows that `matches` is true of; it may be NULL where it is false.
   * A field that is not among the columns is null. Its parameters are numbered from `first` on.
   */
  condition(criteria: Criteria, columns: Readonly<Record<string, SqlColumn>>, first?: number): Promise<SqlCondition>;
}

export const SqlDatabase = contract<SqlDatabase>("infrastructure.sql-database", 1, { engine: "read" });
