import { CrmError } from "@crmessenger/kernel";
import type { Criteria, CriteriaValue } from "@crmessenger/kernel/infrastructure";
import type { RecordTable } from "../repository/record-columns.ts";
import { operandOf } from "./operand-of.ts";
import type { Operand } from "./operand.ts";
import type { SqlParameters } from "./sql-parameters.ts";

const MAX_DEPTH = 64;

/**
 * Writes criteria as a condition that holds for exactly the rows for which `matches` is true of their record.
 *
 * SQL knows a third truth value. A condition here may come out as NULL where it means false: `and`, `or` and a WHERE
 * clause treat the two alike, and `not` and `ne` are written `… is not true`. That leaves conditions in a shape that
 * indexes can serve.
 */
export function compileCriteria(criteria: Criteria, table: RecordTable, parameters: SqlParameters): string {
  return compile(criteria, { table, parameters }, 0);
}

interface Writing {
  readonly table: RecordTable;
  readonly parameters: SqlParameters;
}

function compile(criteria: Criteria, writing: Writing, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new CrmError("CRM_STORAGE_INVALID", `Criteria nest more than ${MAX_DEPTH} deep.`, { status: 422 });
  switch (criteria.op) {
    case "and":
    case "or":
      return join(
        criteria.op,
        criteria.all.map((part) => compile(part, writing, depth + 1)),
      );
    case "not":
      return `(${compile(criteria.criteria, writing, depth + 1)}) is not true`;
    case "isNull":
      return operand(criteria.field, writing).isNull();
    case "in":
      return oneOf(operand(criteria.field, writing), criteria.values);
    case "contains":
      return operand(criteria.field, writing).like(`%${escapeLike(criteria.value)}%`, criteria.value);
    case "startsWith":
      return operand(criteria.field, writing).like(`${escapeLike(criteria.value)}%`, criteria.value);
    case "includes":
      return operand(criteria.field, writing).includes(criteria.value);
    case "between": {
      const field = operand(criteria.field, writing);
      return join("and", [field.compare(">=", criteria.from), field.compare("<=", criteria.to)]);
    }
    default:
      return comparison(criteria.op, operand(criteria.field, writing), criteria.value);
  }
}

function comparison(op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte", field: Operand, value: CriteriaValue): string {
  switch (op) {
    case "eq":
      return equal(field, value);
    case "ne":
      return `(${equal(field, value)}) is not true`;
    case "gt":
      return field.compare(">", value);
    case "gte":
      return field.compare(">=", value);
    case "lt":
      return field.compare("<", value);
    case "lte":
      return field.compare("<=", value);
  }
}

function equal(field: Operand, value: CriteriaValue): string {
  return value === null ? field.isNull() : field.equals([value]);
}

function oneOf(field: Operand, values: readonly CriteriaValue[]): string {
  const present = values.filter((value) => value !== null);
  const parts = present.length > 0 ? [field.equals(present)] : [];
  return join("or", present.length < values.length ? [...parts, field.isNull()] : parts);
}

function operand(field: string, { table, parameters }: Writing): Operand {
  return operandOf(field, table, parameters);
}

function join(op: "and" | "or", parts: readonly string[]): string {
  if (parts.length === 0) return op === "and" ? "true" : "false";
  return parts.length === 1 ? (parts[0] as string) : `(${parts.join(` ${op} `)})`;
}

/** The characters that mean something in a LIKE pattern, and the escape character itself. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
