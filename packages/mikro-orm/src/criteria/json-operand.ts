import type { CriteriaValue } from "@crmessenger/kernel/infrastructure";
import { DECIMAL } from "./attribute-sql.ts";
import { type Operand, type PresentValue, type SqlOrder, isNumber, isStorable } from "./operand.ts";
import type { SqlParameters } from "./sql-parameters.ts";

/** A place inside a JSON column. Values compare only with values of their own kind. */
export class JsonOperand implements Operand {
  readonly #column: string;
  readonly #path: readonly string[];
  readonly #parameters: SqlParameters;
  #sql: string | undefined;

  constructor(column: string, path: readonly string[], parameters: SqlParameters) {
    this.#column = column;
    this.#path = path;
    this.#parameters = parameters;
  }

  /**
   * The `jsonb` value, or NULL where there is none. Steps into anything but an object find nothing. Written at its
   * first use, since a statement must not have parameters that it does not mention.
   */
  get sql(): string {
    return (this.#sql ??= this.#steps());
  }

  #steps(): string {
    const sql = this.#path.reduce(
      (sql, name) => `${sql} -> ${isStorable(name) ? this.#parameters.add(name, "text") : "null::text"}`,
      this.#column,
    );
    return this.#path.length > 0 ? `(${sql})` : sql;
  }

  isNull(): string {
    return `coalesce(${this.sql}, 'null') = 'null'`;
  }

  equals(values: readonly PresentValue[]): string {
    const literals = values
      .filter((value) =>
        typeof value === "string" ? isStorable(value) : typeof value === "boolean" || Number.isFinite(value),
      )
      .map((value) => JSON.stringify(value));
    if (literals.length === 0) return "false";
    if (literals.length === 1) return `${this.sql} = ${this.#parameters.add(literals[0], "jsonb")}`;
    return `${this.sql} = any(${this.#parameters.add(literals, "jsonb[]")})`;
  }

  compare(order: SqlOrder, value: CriteriaValue): string {
    if (isNumber(value)) return this.#compareNumber(order, value);
    if (typeof value === "boolean")
      return this.#ofKind(
        "boolean",
        `(${this.sql} #>> '{}')::boolean ${order} ${this.#parameters.add(value, "boolean")}`,
      );
    return isStorable(value)
      ? this.#ofKind("string", `(${this.sql} #>> '{}') collate "C" ${order} ${this.#parameters.add(value, "text")}`)
      : "false";
  }

  includes(value: CriteriaValue): string {
    const list = listWith(value);
    return list === undefined ? "false" : `${this.sql} @> ${this.#parameters.add(list, "jsonb")}`;
  }

  like(pattern: string, text: string): string {
    return isStorable(text)
      ? this.#ofKind("string", `(${this.sql} #>> '{}') like ${this.#parameters.add(pattern, "text")}`)
      : "false";
  }

  #compareNumber(order: SqlOrder, value: number): string {
    const text = `(${this.sql} #>> '{}')`;
    const isNumeric = `jsonb_typeof(${this.sql}) = 'number' or jsonb_typeof(${this.sql}) = 'string' and ${text} ~ '${DECIMAL}'`;
    return `case when ${isNumeric} then ${text}::numeric ${order} ${this.#parameters.add(value, "numeric")} else false end`;
  }

  /** CASE keeps the cast away from values of other kinds; AND would not promise that. */
  #ofKind(kind: "boolean" | "string", condition: string): string {
    return `case when jsonb_typeof(${this.sql}) = '${kind}' then ${condition} else false end`;
  }
}

/** The list that those lists contain which include the value; undefined for what is no JSON. */
export function listWith(value: CriteriaValue): string | undefined {
  const isJson = typeof value === "string" ? isStorable(value) : typeof value !== "number" || Number.isFinite(value);
  return isJson ? JSON.stringify([value]) : undefined;
}
