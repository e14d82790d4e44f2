import type { CriteriaValue } from "@crmessenger/kernel/infrastructure";

export type SqlOrder = "<" | "<=" | ">" | ">=";
export type PresentValue = Exclude<CriteriaValue, null>;

/** A field as it takes part in conditions. Each answers a condition that is true, false, or NULL for false. */
export interface Operand {
  isNull(): string;
  /** Whether the field equals one of the values, of which there is at least one. */
  equals(values: readonly PresentValue[]): string;
  compare(order: SqlOrder, value: CriteriaValue): string;
  /** Whether the field is a list that holds the value. */
  includes(value: CriteriaValue): string;
  /** `text` is the plain text the pattern was made of. */
  like(pattern: string, text: string): string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_INTEGER = 2 ** 31;

/** An id as records hold it: anything else equals none of them. */
export function isUuid(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}

export function isTimestamp(value: unknown): value is string {
  if (typeof value !== "string" || value.length !== 24) return false;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}

/** Text that PostgreSQL can hold. No stored text is equal to another. */
export function isStorable(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0") && value.isWellFormed();
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(value);
}

export function isInteger(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) < MAX_INTEGER;
}

export function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
