import { isDeepStrictEqual } from "node:util";
import type { FieldChange, Json } from "@crmessenger/kernel/infrastructure";

/** What the storage fills in: no change of the entity itself. */
const ENVELOPE: ReadonlySet<string> = new Set(["id", "tenantId", "version", "createdAt", "updatedAt", "deletedAt"]);

/**
 * What differs between two states of an entity, custom fields one by one as `attributes.<name>`. Without `before` it
 * is what a new entity begins with. Null and missing are the same.
 */
export function changesBetween(before: object | undefined, after: object): Readonly<Record<string, FieldChange>> {
  const from = fieldsOf(before ?? {});
  const to = fieldsOf(after);
  const changes: Record<string, FieldChange> = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const change = { from: from[name] ?? null, to: to[name] ?? null };
    if (!isDeepStrictEqual(change.from, change.to)) changes[name] = change;
  }
  return changes;
}

function fieldsOf(entity: object): Record<string, Json> {
  const { attributes = {}, ...own } = entity as Record<string, Json> & { attributes?: Record<string, Json> };
  const fields = Object.entries(own).filter(([name]) => !ENVELOPE.has(name));
  const custom = Object.entries(attributes).map(([name, value]) => [`attributes.${name}`, value] as const);
  return Object.fromEntries([...fields, ...custom]);
}
