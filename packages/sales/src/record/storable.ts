import { sanitiseText } from "@crmessenger/kernel/communication";

/** JSON from outside as every storage can hold it: its texts, names of fields included, without NUL and lone surrogates. */
export function storable<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === "string") return sanitiseText(value).text;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [sanitiseText(name).text, cleaned(part)]));
}
