import type { Attributes, Json } from "@crmessenger/kernel/infrastructure";

/** The custom fields with a patch applied: named fields are replaced, null removes one, the rest stays. */
export function mergeAttributes(current: Attributes, patch: Attributes): Attributes {
  const merged = new Map<string, Json>(Object.entries(current));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
