import type { Criteria, SqlColumn, SqlDatabase } from "@crmessenger/kernel/infrastructure";

/** A statement that is being written, with its parameters. */
export class Statement {
  readonly parameters: unknown[] = [];
  readonly #sql: SqlDatabase;
  readonly #before: number;

  /** `before` parameters come first that are not known yet. */
  constructor(sql: SqlDatabase, before = 0) {
    this.#sql = sql;
    this.#before = before;
  }

  /** The placeholder of a value. */
  add(value: unknown, type: string): string {
    this.parameters.push(value);
    return `$${this.#before + this.parameters.length}::${type}`;
  }

  async condition(criteria: Criteria, columns: Readonly<Record<string, SqlColumn>>): Promise<string> {
    const first = this.#before + this.parameters.length + 1;
    const { sql, parameters } = await this.#sql.condition(criteria, columns, first);
    this.parameters.push(...parameters);
    return sql;
  }
}
