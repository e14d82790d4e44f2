import type { FieldOption, FieldType } from "@crmessenger/kernel/extensibility";
import type { Json } from "@crmessenger/kernel/infrastructure";
import { moneySchema } from "@crmessenger/kernel/sales";
import { z } from "zod";
import { normalisePhone } from "./normalise-phone.ts";

/** A value as it is stored, or what is wrong with it: the rest of a sentence that begins with the field's name. */
export type Checked = { readonly value: Json } | { readonly problem: string };

const TEXT_LENGTH = 500;
const LONG_TEXT_LENGTH = 65_536;

const problem = (text: string): Checked => ({ problem: text });

/**
 * Checks a value that is not null and writes it as the type says. `previous` is what stands there now: options that were
 * archived since stay where they are. Whether a reference leads somewhere is not looked at.
 */
export function checkValue(type: FieldType, value: Json, previous: Json = null): Checked {
  switch (type.kind) {
    case "text":
      return checkText(value, type.maxLength ?? TEXT_LENGTH, type.pattern);
    case "long-text":
      return checkText(value, type.maxLength ?? LONG_TEXT_LENGTH);
    case "number":
      return checkNumber(type, value);
    case "boolean":
      return typeof value === "boolean" ? { value } : problem("is true or false");
    case "money":
      return checkMoney(type.currencies, value);
    case "date":
      return checkDate(value);
    case "date-time":
      return checkDateTime(value);
    case "phone":
      return checkPhone(value);
    case "email":
      return checkEmail(value);
    case "url":
      return checkUrl(value);
    case "choice":
      return checkChoice(type.options, value, previous === null ? [] : [previous]);
    case "choices":
      return checkChoices(type.options, value, Array.isArray(previous) ? (previous as readonly Json[]) : []);
    case "reference":
      return typeof value === "string" && value !== "" && value.length <= 200
        ? { value }
        : problem(`is the id of a ${type.entity}`);
    case "computed":
      return problem("is computed and can't be set");
  }
}

function checkText(value: Json, maxLength: number, pattern?: string): Checked {
  if (typeof value !== "string") return problem("is a text");
  if (value.length > maxLength) return problem(`is longer than ${maxLength} characters`);
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) return problem(`does not match ${pattern}`);
  return { value };
}

function checkNumber({ min, max, integer }: FieldType & { readonly kind: "number" }, value: Json): Checked {
  if (typeof value !== "number" || !Number.isFinite(value)) return problem("is a number");
  if (integer && !Number.isSafeInteger(value)) return problem("is a whole number");
  if (min !== undefined && value < min) return problem(`is less than ${min}`);
  if (max !== undefined && value > max) return problem(`is more than ${max}`);
  return { value };
}

function checkMoney(currencies: readonly string[] | undefined, value: Json): Checked {
  const parsed = moneySchema.safeParse(value);
  if (!parsed.success) return problem('is an amount such as { "amount": "1999.90", "currency": "EUR" }');
  if (currencies && !currencies.includes(parsed.data.currency)) return problem(`is in ${currencies.join(" or ")}`);
  const { amount, currency } = parsed.data;
  return { value: { amount, currency } };
}

function checkDate(value: Json): Checked {
  return z.iso.date().safeParse(value).success ? { value } : problem("is a date such as 2026-01-31");
}

/** Any zone comes in; what is stored is UTC to the millisecond, whose texts sort as their times do. */
function checkDateTime(value: Json): Checked {
  if (!z.iso.datetime({ offset: true }).safeParse(value).success)
    return problem("is a time such as 2026-01-31T12:00:00Z");
  const time = new Date(String(value));
  return Number.isNaN(time.getTime()) ? problem("is no time that there is") : { value: time.toISOString() };
}

function checkPhone(value: Json): Checked {
  const phone = typeof value === "string" ? normalisePhone(value) : undefined;
  return phone === undefined
    ? problem("is a phone number with its country code, such as +371 2000 0000")
    : { value: phone };
}

function checkEmail(value: Json): Checked {
  const email = typeof value === "string" ? value.trim().toLowerCase() : "";
  return email.length <= 320 && z.email().safeParse(email).success ? { value: email } : problem("is an e-mail address");
}

/** Shown as a link, so nothing that a browser would run. */
function checkUrl(value: Json): Checked {
  const url = typeof value === "string" && value.length <= 2_000 ? URL.parse(value.trim()) : null;
  return url && ["http:", "https:"].includes(url.protocol)
    ? { value: url.href }
    : problem("is an http or https address");
}

function checkChoice(options: readonly FieldOption[], value: Json, kept: readonly Json[]): Checked {
  const option = options.find((known) => known.value === value);
  if (!option) return problem(`is one of ${names(options)}`);
  return option.archived && !kept.includes(option.value) ? problem(`can't be "${option.value}" any more`) : { value };
}

function checkChoices(options: readonly FieldOption[], value: Json, kept: readonly Json[]): Checked {
  if (!Array.isArray(value)) return problem(`is a list of ${names(options)}`);
  const values = value as readonly Json[];
  if (new Set(values).size !== values.length) return problem("names something twice");
  for (const part of values) {
    const checked = checkChoice(options, part, kept);
    if ("problem" in checked) return checked;
  }
  return { value: [...values] };
}

function names(options: readonly FieldOption[]): string {
  return options.flatMap(({ value, archived }) => (archived ? [] : [value])).join(", ");
}
