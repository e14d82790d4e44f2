import { isDeepStrictEqual } from "node:util";
import type { FieldChange, Json } from "@crmessenger/kernel/infrastructure";

/** What the storage fills in: no change of the entity itself. */
const ENVELOPE: ReadonlySet<string> = new Set(["id", "tenantId", "version", "createdAt", "updatedAt", "deletedAt"]);

/** What differs between two states of an entity; without `before` it is what a new one begins with. */
export function changesBetween(before: object | undefined, after: object): Readonly<Record<string, FieldChange>> {
  const from = (before ?? {}) as Readonly<Record<string, Json>>;
  const to = after as Readonly<Record<string, Json>>;
  const changes: Record<string, FieldChange> = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (ENVELOPE.has(name)) continue;
    const change = { from: from[name] ?? null, to: to[name] ?? null };
    if (!isDeepStrictEqual(change.from, change.to)) changes[name] = change;
  }
  return changes;
}
