import type { CriteriaValue } from "@crmessenger/kernel/infrastructure";
import type { Column, RecordTable } from "../repository/record-columns.ts";
import { AttributeOperand } from "./attribute-operand.ts";
import { DECIMAL } from "./attribute-sql.ts";
import { JsonOperand } from "./json-operand.ts";
import {
  type Operand,
  type PresentValue,
  type SqlOrder,
  isFiniteNumber,
  isInteger,
  isNumber,
  isStorable,
  isTimestamp,
  isUuid,
} from "./operand.ts";
import type { SqlParameters } from "./sql-parameters.ts";

const NEVER = "false";

/** The operand for a field of a record: a column, a path into a JSON column, or nothing at all, which is null. */
export function operandOf(field: string, table: RecordTable, parameters: SqlParameters): Operand {
  const whole = table.columns.get(field);
  const [property = "", ...path] = whole ? [field] : field.split(".");
  const column = whole ?? table.columns.get(property);
  if (column?.kind === "json") {
    return column.holdsFields && path.length > 0
      ? new AttributeOperand(column.sql, path, parameters)
      : new JsonOperand(column.sql, path, parameters);
  }
  if (!column || path.length > 0) return nothing;
  return OPERANDS[column.kind](column, parameters);
}

const nothing: Operand = {
  isNull: () => "true",
  equals: () => NEVER,
  compare: () => NEVER,
  includes: () => NEVER,
  like: () => NEVER,
};

const OPERANDS: Readonly<
  Record<Exclude<Column["kind"], "json">, (column: Column, parameters: SqlParameters) => Operand>
> = {
  text: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) => isOneOf(column.sql, values.filter(isStorable), "text", parameters),
    compare: (order, value) => {
      if (isNumber(value)) return compareDecimal(column.sql, order, parameters.add(value, "numeric"));
      return isStorable(value) ? `${column.sql} ${order} ${parameters.add(value, "text")}` : NEVER;
    },
    like: (pattern, text) => (isStorable(text) ? like(column.sql, pattern, parameters) : NEVER),
  }),

  uuid: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) => isOneOf(column.sql, values.filter(isUuid), "uuid", parameters),
    // Text and binary order agree for ids in lower case.
    compare: (order, value) =>
      isUuid(value)
        ? `${column.sql} ${order} ${parameters.add(value, "uuid")}`
        : compareText(`${column.sql}::text`, order, value, parameters),
    like: (pattern, text) => (isStorable(text) ? like(`${column.sql}::text`, pattern, parameters) : NEVER),
  }),

  time: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) => isOneOf(column.sql, values.filter(isTimestamp), "timestamptz", parameters),
    compare: (order, value) =>
      isTimestamp(value)
        ? `${column.sql} ${order} ${parameters.add(value, "timestamptz")}`
        : compareText(timeText(column.sql), order, value, parameters),
    like: (pattern, text) => (isStorable(text) ? like(timeText(column.sql), pattern, parameters) : NEVER),
  }),

  integer: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) => isOneOf(column.sql, values.filter(isInteger), "integer", parameters),
    compare: (order, value) =>
      isNumber(value)
        ? `${column.sql} ${order} ${parameters.add(value, isInteger(value) ? "integer" : "numeric")}`
        : NEVER,
  }),

  number: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) => isOneOf(column.sql, values.filter(isFiniteNumber), "double precision", parameters),
    compare: (order, value) =>
      isNumber(value) ? `${column.sql} ${order} ${parameters.add(value, "double precision")}` : NEVER,
  }),

  boolean: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    equals: (values) =>
      isOneOf(
        column.sql,
        values.filter((value) => typeof value === "boolean"),
        "boolean",
        parameters,
      ),
    compare: (order, value) =>
      typeof value === "boolean" ? `${column.sql} ${order} ${parameters.add(value, "boolean")}` : NEVER,
  }),

  list: (column, parameters) => ({
    ...nothing,
    isNull: () => nullness(column),
    includes: (value) => (isStorable(value) ? `${column.sql} @> array[${parameters.add(value, "text")}]` : NEVER),
  }),
};

function nullness({ sql, nullable }: Column): string {
  return nullable ? `${sql} is null` : NEVER;
}

function isOneOf(sql: string, values: readonly PresentValue[], type: string, parameters: SqlParameters): string {
  if (values.length === 0) return NEVER;
  return values.length === 1
    ? `${sql} = ${parameters.add(values[0], type)}`
    : `${sql} = any(${parameters.add(values, `${type}[]`)})`;
}

/** CASE keeps the cast away from other texts. */
function compareDecimal(sql: string, order: SqlOrder, value: string): string {
  return `case when ${sql} ~ '${DECIMAL}' then (${sql})::numeric ${order} ${value} else false end`;
}

function compareText(sql: string, order: SqlOrder, value: CriteriaValue, parameters: SqlParameters): string {
  return isStorable(value) ? `(${sql}) collate "C" ${order} ${parameters.add(value, "text")}` : NEVER;
}

function like(sql: string, pattern: string, parameters: SqlParameters): string {
  return `(${sql}) like ${parameters.add(pattern, "text")}`;
}

/** A time as records hold it. */
function timeText(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
