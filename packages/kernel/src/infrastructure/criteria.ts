import type { Json } from "./json.ts";

/**
 * A value that a field is compared with: times as RFC 3339 strings. Decimals are text, such as an amount of money: the
 * same digits are equal, and what comes before or after is asked with numbers, `where("budget.amount").gt(1000)`.
 */
export type CriteriaValue = null | boolean | number | string;

/**
 * A serialisable condition over fields, with the same meaning in memory and in SQL: logic is two-valued (`ne` and
 * `not` match nulls), text is compared by code point, an empty `in` is false, an empty `and` is true and an empty
 * `or` is false. `contains` looks into a text, `includes` into a list. A field is a property (`status`), a path into JSON (`source.channel`) or a custom field
 * (`attributes.birthday`).
 */
export type Criteria =
  | { readonly op: "and" | "or"; readonly all: readonly Criteria[] }
  | { readonly op: "not"; readonly criteria: Criteria }
  | { readonly op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte"; readonly field: string; readonly value: CriteriaValue }
  | { readonly op: "in"; readonly field: string; readonly values: readonly CriteriaValue[] }
  | { readonly op: "contains" | "startsWith"; readonly field: string; readonly value: string }
  | { readonly op: "includes"; readonly field: string; readonly value: CriteriaValue }
  | { readonly op: "isNull"; readonly field: string }
  | { readonly op: "between"; readonly field: string; readonly from: CriteriaValue; readonly to: CriteriaValue };

export type ComparisonOperator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte";

export const and = (...all: readonly Criteria[]): Criteria => ({ op: "and", all });
export const or = (...all: readonly Criteria[]): Criteria => ({ op: "or", all });
export const not = (criteria: Criteria): Criteria => ({ op: "not", criteria });

/** Matches everything. */
export const everything: Criteria = and();
/** Matches nothing. */
export const nothing: Criteria = or();

/** Conditions on one field of `R`: `where<Lead>("status").eq("new")`. Paths into JSON are plain strings. */
export function where<R = Record<string, unknown>>(
  field: Extract<keyof R, string> | `${Extract<keyof R, string>}.${string}`,
) {
  const compare =
    (op: ComparisonOperator) =>
    (value: CriteriaValue): Criteria => ({ op, field, value });
  return {
    eq: compare("eq"),
    ne: compare("ne"),
    gt: compare("gt"),
    gte: compare("gte"),
    lt: compare("lt"),
    lte: compare("lte"),
    in: (values: readonly CriteriaValue[]): Criteria => ({ op: "in", field, values }),
    contains: (value: string): Criteria => ({ op: "contains", field, value }),
    startsWith: (value: string): Criteria => ({ op: "startsWith", field, value }),
    includes: (value: CriteriaValue): Criteria => ({ op: "includes", field, value }),
    isNull: (): Criteria => ({ op: "isNull", field }),
    between: (from: CriteriaValue, to: CriteriaValue): Criteria => ({ op: "between", field, from, to }),
  };
}

/** A plain object that criteria are evaluated against. */
export type CriteriaSubject = Readonly<Record<string, Json | undefined>>;
