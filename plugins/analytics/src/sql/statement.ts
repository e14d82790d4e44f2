import type { Criteria, SqlColumn, SqlDatabase } from "@crmessenger/kernel/infrastructure";

/** A statement that is being written, with its parameters. */
export class Statement {
  readonly parameters: unknown[] = [];
  readonly #sql: SqlDatabase;

  constructor(sql: SqlDatabase) {
    this.#sql = sql;
  }

  /** The placeholder of a value. */
  add(value: unknown, type: string): string {
    this.parameters.push(value);
    return `$${this.parameters.length}::${type}`;
  }

  async condition(criteria: Criteria, columns: Readonly<Record<string, SqlColumn>>): Promise<string> {
    const { sql, parameters } = await this.#sql.condition(criteria, columns, this.parameters.length + 1);
    this.parameters.push(...parameters);
    return sql;
  }
}
