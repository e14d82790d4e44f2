import { type Json, compareText } from "@crmessenger/kernel/infrastructure";

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** The order of report values: numbers, text by code point, false before true. Nulls are the caller's. */
export function compareValues(a: Json, b: Json, isNumeric: boolean): number {
  if (typeof a === "number" && typeof b === "number") return Math.sign(a - b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (isNumeric && typeof a === "string" && typeof b === "string" && DECIMAL.test(a) && DECIMAL.test(b))
    return compareDecimals(a, b);
  return compareText(String(a), String(b));
}

function compareDecimals(a: string, b: string): number {
  const digits = Math.max(fractionOf(a).length, fractionOf(b).length);
  const [left, right] = [a, b].map((value) =>
    BigInt(value.replace(".", "") + "0".repeat(digits - fractionOf(value).length)),
  );
  return left === right ? 0 : (left as bigint) < (right as bigint) ? -1 : 1;
}

function fractionOf(value: string): string {
  return value.split(".")[1] ?? "";
}
