import type { FactRow, FactRows } from "@crmessenger/kernel/analytics";
import type { Attributes, Json, SqlDatabase } from "@crmessenger/kernel/infrastructure";
import type { FactStatements } from "./fact-statements.ts";
import { attributeIn, isFieldColumn } from "./field-column.ts";

/** Rows of a table of facts, of one tenant, in the current unit of work. */
export class SqlFactRows implements FactRows {
  readonly #sql: SqlDatabase;
  readonly #statements: FactStatements;
  readonly #tenantId: string;

  constructor(sql: SqlDatabase, statements: FactStatements, tenantId: string) {
    this.#sql = sql;
    this.#statements = statements;
    this.#tenantId = tenantId;
  }

  async getMany(keys: readonly string[]): Promise<ReadonlyMap<string, FactRow>> {
    if (keys.length === 0) return new Map();
    const asked = [...new Set(keys)];
    const rows = await this.#sql.query<FactRow & { key: string }>(this.#statements.select, [this.#tenantId, asked]);
    return new Map(rows.map(({ key, ...row }) => [key, row]));
  }

  async putMany(rows: ReadonlyMap<string, FactRow>): Promise<void> {
    if (rows.size === 0) return;
    const written = [...rows].map(([key, row]) => ({ ...this.#valuesOf(row), key }));
    const { sql, rest } = this.#statements.upsert;
    await this.#sql.query(sql, [this.#tenantId, JSON.stringify(written), ...rest]);
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { sql, rest } = this.#statements.delete;
    await this.#sql.query(sql, [this.#tenantId, keys, ...rest]);
  }

  #valuesOf(row: FactRow): FactRow {
    const attributes = row["attributes"];
    if (attributes === undefined) return row;
    const columns = Object.keys(this.#statements.columns).filter(isFieldColumn);
    const made = columns.map((column) => [column, attributeIn(column, attributes as Attributes)] as const);
    const { attributes: _, ...values } = row;
    return { ...values, ...Object.fromEntries<Json>(made) };
  }
}
