import type { CriteriaValue } from "@crmessenger/kernel/infrastructure";
import { PREFIX_LENGTH, attributeSql } from "./attribute-sql.ts";
import { JsonOperand, listWith } from "./json-operand.ts";
import { type Operand, type PresentValue, type SqlOrder, isNumber, isStorable } from "./operand.ts";
import type { SqlParameters } from "./sql-parameters.ts";

/** A custom field. Its conditions are written so that the indexes of `attribute-indexes` serve them. */
export class AttributeOperand implements Operand {
  readonly #sql: ReturnType<typeof attributeSql>;
  readonly #parameters: SqlParameters;
  readonly #whole: JsonOperand;

  constructor(column: string, path: readonly string[], parameters: SqlParameters) {
    this.#sql = attributeSql(column, path);
    this.#parameters = parameters;
    this.#whole = new JsonOperand(column, path, parameters);
  }

  isNull(): string {
    return this.#whole.isNull();
  }

  equals(values: readonly PresentValue[]): string {
    const numbers = values.filter((value) => typeof value === "number" && Number.isFinite(value));
    const booleans = values.filter((value) => typeof value === "boolean").map(String);
    const texts = values.filter(isStorable);
    const long = texts.filter((text) => !isShort(text));
    const conditions = [
      this.#oneOfNumbers(numbers),
      this.#oneOf(this.#sql.boolean, booleans, "text"),
      this.#oneOf(this.#sql.text, texts.filter(isShort), "text"),
      ...long.map((text) => this.#compareText("=", text)),
    ].filter((condition) => condition !== undefined);
    return conditions.length > 1 ? `(${conditions.join(" or ")})` : (conditions[0] ?? "false");
  }

  compare(order: SqlOrder, value: CriteriaValue): string {
    if (isNumber(value)) return `${this.#sql.decimal} ${order} ${this.#parameters.add(value, "numeric")}`;
    if (typeof value === "boolean")
      return `${this.#sql.boolean} ${order} ${this.#parameters.add(String(value), "text")}`;
    return isStorable(value) ? this.#compareText(order, value) : "false";
  }

  includes(value: CriteriaValue): string {
    const list = listWith(value);
    return list === undefined ? "false" : `${this.#sql.json} @> ${this.#parameters.add(list, "jsonb")}`;
  }

  like(pattern: string, text: string): string {
    if (!isStorable(text)) return "false";
    const isPrefix = !pattern.startsWith("%") && isShort(text);
    return `${isPrefix ? this.#sql.text : this.#sql.wholeText} like ${this.#parameters.add(pattern, "text")}`;
  }

  /** An index holds decimal numbers in text too, which equal no number. */
  #oneOfNumbers(numbers: readonly PresentValue[]): string | undefined {
    const found = this.#oneOf(this.#sql.decimal, numbers, "numeric");
    return found && `(${found} and ${this.#sql.number} is not null)`;
  }

  /** What an index holds of a text decides, unless the other text is as long: then the whole text does. */
  #compareText(order: SqlOrder | "=", value: string): string {
    if (isShort(value)) return `${this.#sql.text} ${order} ${this.#parameters.add(value, "text")}`;
    const prefix = this.#parameters.add([...value].slice(0, PREFIX_LENGTH).join(""), "text");
    const loose = order === "=" ? "=" : order.startsWith("<") ? "<=" : ">=";
    return `(${this.#sql.text} ${loose} ${prefix} and ${this.#sql.wholeText} ${order} ${this.#parameters.add(value, "text")})`;
  }

  #oneOf(sql: string, values: readonly PresentValue[], type: string): string | undefined {
    if (values.length === 0) return undefined;
    return values.length === 1
      ? `${sql} = ${this.#parameters.add(values[0], type)}`
      : `${sql} = any(${this.#parameters.add(values, `${type}[]`)})`;
  }
}

function isShort(text: string): boolean {
  return text.length < PREFIX_LENGTH || [...text].length < PREFIX_LENGTH;
}
