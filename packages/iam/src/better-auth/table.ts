import type { CleanedWhere } from "@better-auth/core/db/adapter";

/** A row as better-auth sees it: times are RFC 3339 strings. */
export type Row = Readonly<Record<string, unknown>>;

/** What better-auth calls a table. */
export interface Table {
  insert(row: Row): Promise<Row>;
  select(clauses: readonly CleanedWhere[]): Promise<readonly Row[]>;
  /** The changed rows. */
  update(clauses: readonly CleanedWhere[], changes: Row): Promise<readonly Row[]>;
  /** How many there were. */
  delete(clauses: readonly CleanedWhere[]): Promise<number>;
}
