import type { Criteria, CriteriaSubject, CriteriaValue } from "./criteria.ts";
import { compareDecimal, isDecimal } from "./decimal.ts";
import type { Json } from "./json.ts";

/** Whether the subject meets the criteria: the reference for what SQL must answer. */
export function matches(criteria: Criteria, subject: CriteriaSubject): boolean {
  switch (criteria.op) {
    case "and":
      return criteria.all.every((part) => matches(part, subject));
    case "or":
      return criteria.all.some((part) => matches(part, subject));
    case "not":
      return !matches(criteria.criteria, subject);
    case "in":
      return criteria.values.some((value) => equal(fieldOf(subject, criteria.field), value));
    case "isNull":
      return fieldOf(subject, criteria.field) === null;
    case "contains":
      return includesText(fieldOf(subject, criteria.field), criteria.value, (text, part) => text.includes(part));
    case "startsWith":
      return includesText(fieldOf(subject, criteria.field), criteria.value, (text, part) => text.startsWith(part));
    case "includes":
      return listIncludes(fieldOf(subject, criteria.field), criteria.value);
    case "between":
      return (
        order(fieldOf(subject, criteria.field), criteria.from, (sign) => sign >= 0) &&
        order(fieldOf(subject, criteria.field), criteria.to, (sign) => sign <= 0)
      );
    default:
      return compare(criteria.op, fieldOf(subject, criteria.field), criteria.value);
  }
}

/** The value at a field or path; what is missing is null. */
export function fieldOf(subject: CriteriaSubject, field: string): Json {
  let value: Json | undefined = subject as Json;
  for (const name of field.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, Json>>)[name];
  }
  return value ?? null;
}

function compare(op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte", actual: Json, value: CriteriaValue): boolean {
  switch (op) {
    case "eq":
      return equal(actual, value);
    case "ne":
      return !equal(actual, value);
    case "gt":
      return order(actual, value, (sign) => sign > 0);
    case "gte":
      return order(actual, value, (sign) => sign >= 0);
    case "lt":
      return order(actual, value, (sign) => sign < 0);
    case "lte":
      return order(actual, value, (sign) => sign <= 0);
  }
}

/** Nothing equals null but null, and values of two kinds are never equal. */
function equal(actual: Json, value: CriteriaValue): boolean {
  return actual === value;
}

/** Only values of one kind have an order, and text that is a decimal number beside a number; null has none. */
function order(actual: Json, value: CriteriaValue, test: (sign: number) => boolean): boolean {
  if (typeof actual === "number" && typeof value === "number") return test(Math.sign(actual - value));
  if (typeof actual === "string" && typeof value === "number")
    return isDecimal(actual) && test(compareDecimal(actual, value));
  if (typeof actual === "string" && typeof value === "string") return test(compareText(actual, value));
  if (typeof actual === "boolean" && typeof value === "boolean") return test(Number(actual) - Number(value));
  return false;
}

function includesText(actual: Json, value: string, test: (text: string, part: string) => boolean): boolean {
  return typeof actual === "string" && test(actual, value);
}

function listIncludes(actual: Json, value: CriteriaValue): boolean {
  return Array.isArray(actual) && actual.some((element: Json) => equal(element, value));
}

/** By code point, as `COLLATE "C"` compares UTF-8; JavaScript's own `<` compares UTF-16 units and differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    return codePointRank(left) - codePointRank(right) > 0 ? 1 : -1;
  }
  return Math.sign(a.length - b.length);
}

/** Surrogates stand for code points above every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
