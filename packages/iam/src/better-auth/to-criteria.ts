import { type Criteria, type CriteriaValue, and, not, or, where } from "@crmessenger/kernel/infrastructure";
import type { CleanedWhere } from "@better-auth/core/db/adapter";

/**
 * better-auth's conditions as criteria. Clauses joined by AND must all hold; of those joined by OR, if there are any,
 * one must.
 */
export function toCriteria(clauses: readonly CleanedWhere[]): Criteria {
  const all = clauses.filter((clause) => clause.connector === "AND").map(condition);
  const some = clauses.filter((clause) => clause.connector === "OR").map(condition);
  return some.length === 0 ? and(...all) : and(...all, or(...some));
}

function condition({ field, operator, value, mode }: CleanedWhere): Criteria {
  if (mode === "insensitive") throw unsupported(field, "a comparison without regard to case");
  const on = where(field);
  switch (operator) {
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return on[operator](scalar(field, value));
    case "in":
      return on.in(list(field, value));
    case "not_in":
      return not(on.in(list(field, value)));
    case "contains":
      return on.contains(text(field, value));
    case "starts_with":
      return on.startsWith(text(field, value));
    default:
      throw unsupported(field, operator ?? "no operator");
  }
}

function scalar(field: string, value: unknown): CriteriaValue {
  if (value instanceof Date) return value.toISOString();
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  throw unsupported(field, "a comparison with a list or object");
}

function list(field: string, value: unknown): readonly CriteriaValue[] {
  if (Array.isArray(value)) return value.map((item) => scalar(field, item));
  throw unsupported(field, "a membership test without a list");
}

function text(field: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw unsupported(field, "a text search without text");
}

function unsupported(field: string, what: string): TypeError {
  return new TypeError(`better-auth asks for ${what} on "${field}", which criteria can't express.`);
}
