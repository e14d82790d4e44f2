import { isDeepStrictEqual } from "node:util";
import { CrmError, isCrmError } from "@crmessenger/kernel";
import { type AttachedField, CustomFieldChanged, type FieldDefinition } from "@crmessenger/kernel/extensibility";
import type { FieldChange, Json, Stored } from "@crmessenger/kernel/infrastructure";
import { indexField } from "../indexes/index-field.ts";
import { type FieldServices, holderOf } from "../services.ts";
import { definitionIssues, updateIssues } from "./check-definition.ts";
import { attachedField } from "./field-catalogue.ts";
import { type StoredField, keyOf } from "./field-collection.ts";
import { fieldOfPlugin, nameTaken, unknownField, wrongDefinition } from "./field-errors.ts";

/** What may be done to a field. */
export type FieldChangeKind = "attached" | "updated" | "type-changed" | "archived" | "restored";

const MAX_FIELDS = 1_000;

/** Adds a field to an entity. */
export function attachField(
  services: FieldServices,
  entity: string,
  definition: FieldDefinition,
): Promise<AttachedField> {
  return services.unitOfWork.run(async () => {
    requireSound(services, entity, definition);
    const { all, byName } = await services.catalogue.of(entity);
    if (byName.has(definition.name)) throw nameTaken(entity, definition.name);
    if (all.length >= MAX_FIELDS)
      throw new CrmError("CRM_FIELD_TOO_MANY", `${entity} has ${MAX_FIELDS} custom fields, and can't have more.`, {
        status: 422,
        details: { entity, limit: MAX_FIELDS },
      });
    const stored = await insert(services, { entity, definition, archived: false });
    return record(services, "attached", { before: undefined, after: attachedField(stored) });
  });
}

async function insert({ fields }: FieldServices, field: StoredField): Promise<Stored<StoredField>> {
  const { entity, definition } = field;
  try {
    return await fields.insert(keyOf(entity, definition.name), field);
  } catch (error) {
    throw isCrmError(error, "CRM_STORAGE_DUPLICATE") ? nameTaken(entity, definition.name) : error;
  }
}

/** Changes a field in everything but its name and the kind of its type. */
export function updateField(
  services: FieldServices,
  entity: string,
  version: number,
  definition: FieldDefinition,
): Promise<AttachedField> {
  return services.unitOfWork.run(async () => {
    const before = await ownField(services, entity, definition.name);
    requireSound(services, entity, definition);
    const issues = updateIssues(before, definition);
    if (issues.length > 0) throw wrongDefinition(entity, definition.name, issues);
    return store(services, "updated", { before, after: { ...before, ...definition }, version });
  });
}

/** Puts a field away, or brings it back. */
export function setArchived(
  services: FieldServices,
  entity: string,
  name: string,
  archived: boolean,
): Promise<AttachedField> {
  return services.unitOfWork.run(async () => {
    const before = await ownField(services, entity, name);
    if (before.archived === archived) return before;
    return store(services, archived ? "archived" : "restored", { before, after: { ...before, archived } });
  });
}

/** The field as it is in the database, locked: one that a plugin declares is `CRM_FIELD_OF_PLUGIN`. */
export async function ownField(services: FieldServices, entity: string, name: string): Promise<AttachedField> {
  holderOf(services, entity);
  const declared = (await services.catalogue.of(entity)).byName.get(name);
  if (declared?.plugin) throw fieldOfPlugin(entity, name, declared.plugin);
  const stored = await services.fields.get(keyOf(entity, name), { lock: true });
  if (!stored) throw unknownField(entity, name);
  return attachedField(stored);
}

/** Stores a field's next version, with all that goes with it. */
export async function store(
  services: FieldServices,
  change: FieldChangeKind,
  {
    before,
    after,
    version,
  }: { readonly before: AttachedField; readonly after: AttachedField; readonly version?: number },
): Promise<AttachedField> {
  const { entity, archived, name } = after;
  const value: StoredField = { entity, archived, definition: definitionOf(after) };
  const stored = await services.fields.put(keyOf(entity, name), value, { expectedVersion: version ?? before.version });
  return record(services, change, { before, after: attachedField(stored) });
}

export function requireSound(services: FieldServices, entity: string, definition: FieldDefinition): void {
  const issues = definitionIssues(definition, {
    holder: holderOf(services, entity),
    entities: services.holders.all().map(({ name }) => name),
    formulas: services.formulas.all().map(({ name }) => name),
  });
  if (issues.length > 0) throw wrongDefinition(entity, definition.name, issues);
}

export function definitionOf(field: AttachedField): FieldDefinition {
  const { entity: _entity, version: _version, plugin: _plugin, archived: _archived, ...definition } = field;
  return definition;
}

async function record(
  services: FieldServices,
  change: FieldChangeKind,
  { before, after }: { readonly before: AttachedField | undefined; readonly after: AttachedField },
): Promise<AttachedField> {
  const target = { type: "custom-field", id: keyOf(after.entity, after.name) };
  await services.auditor.track([
    { action: `custom-fields.definition.${change}`, target, changes: changesBetween(before, after) },
  ]);
  await services.events.dispatch(CustomFieldChanged, { ...target, version: after.version }, { field: after, change });
  if (wantsIndex(after) || (before && wantsIndex(before))) await indexField(services.jobs, after);
  await services.catalogue.changed();
  return after;
}

function wantsIndex({ indexed, unique }: AttachedField): boolean {
  return indexed || unique;
}

function changesBetween(before: AttachedField | undefined, after: AttachedField): Record<string, FieldChange> {
  const changes: Record<string, FieldChange> = {};
  const [from, to] = [before ?? {}, after].map(
    (field) => field as unknown as Readonly<Record<string, Json | undefined>>,
  );
  for (const name of Object.keys(after)) {
    const change = { from: from?.[name] ?? null, to: to?.[name] ?? null };
    if (name !== "version" && !isDeepStrictEqual(change.from, change.to)) changes[name] = change;
  }
  return changes;
}
