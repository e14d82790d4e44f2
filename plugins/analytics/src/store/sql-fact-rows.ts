import type { FactRow, FactRows } from "@crmessenger/kernel/analytics";
import type { Attributes, Json, SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { type FactColumns, deleteRows, selectRows, upsertRows } from "./fact-table.ts";
import { attributeIn, isFieldColumn } from "./field-column.ts";

/** The statements for one table of facts. */
export interface FactStatements {
  readonly columns: FactColumns;
  readonly select: string;
  readonly upsert: string;
  readonly delete: string;
}

export function statementsFor(table: string, columns: FactColumns): FactStatements {
  return {
    columns,
    select: selectRows(table, columns),
    upsert: upsertRows(table, columns),
    delete: deleteRows(table),
  };
}

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
    await this.#sql.query(this.#statements.upsert, [this.#tenantId, JSON.stringify(written)]);
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#sql.query(this.#statements.delete, [this.#tenantId, keys]);
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
