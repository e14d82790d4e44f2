import type { FieldOption, FieldType } from "@crmessenger/kernel/extensibility";
import type { Json } from "@crmessenger/kernel/infrastructure";
import { type Checked, checkValue } from "./check-value.ts";

/** The value in another type, or why it has no meaning there. */
export function convertValue(value: Json, type: FieldType): Checked {
  const candidate = candidateFor(value, type);
  return candidate === null ? { problem: `has no meaning as ${type.kind}` } : checkValue(type, candidate);
}

function candidateFor(value: Json, type: FieldType): Json {
  switch (type.kind) {
    case "text":
    case "long-text":
      return textOf(value);
    case "number":
      return numberOf(value);
    case "boolean":
      return booleanOf(value);
    case "money":
      return moneyOf(value, type.currencies);
    case "date":
      return typeof value === "string" ? value.slice(0, 10) : null;
    case "date-time":
      return typeof value === "string" && value.length === 10 ? `${value}T00:00:00.000Z` : value;
    case "choice":
      return optionOf(value, type.options);
    case "choices":
      return choicesOf(value, type.options);
    default:
      return typeof value === "string" ? value : null;
  }
}

function textOf(value: Json): Json {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.join(", ");
  if (isMoney(value)) return `${value.amount} ${value.currency}`;
  return null;
}

function numberOf(value: Json): Json {
  if (typeof value === "number") return value;
  if (isMoney(value)) return Number(value.amount);
  return typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

function booleanOf(value: Json): Json {
  if (typeof value === "boolean") return value;
  if (value === 1 || value === "true") return true;
  return value === 0 || value === "false" ? false : null;
}

/** A bare number is an amount where there is one currency that it can be in. */
function moneyOf(value: Json, currencies: readonly string[] | undefined): Json {
  if (isMoney(value)) return value;
  const [, amount, currency = currencies?.length === 1 ? currencies[0] : undefined] =
    /^\s*(-?\d+(?:\.\d+)?)(?:\s+([A-Z]{3}))?\s*$/.exec(String(value)) ?? [];
  return amount === undefined || currency === undefined ? null : { amount, currency };
}

/** By value, or by label as a form shows it. */
function optionOf(value: Json, options: readonly FieldOption[]): Json {
  const text = textOf(value);
  if (typeof text !== "string") return null;
  const wanted = text.trim().toLowerCase();
  const found =
    options.find((option) => option.value === text) ??
    options.find((option) => [option.value, option.label].some((name) => name.toLowerCase() === wanted));
  return found?.value ?? null;
}

function choicesOf(value: Json, options: readonly FieldOption[]): Json {
  const parts: readonly Json[] = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [value];
  const found = parts.map((part) => optionOf(part, options));
  return found.includes(null) ? null : [...new Set(found)];
}

function isMoney(value: Json): value is { readonly amount: string; readonly currency: string } {
  return typeof value === "object" && value !== null && "amount" in value && "currency" in value;
}
