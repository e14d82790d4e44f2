import { isDeepStrictEqual } from "node:util";
import { executionContext } from "@crmessenger/kernel";
import type {
  AttachedField,
  AttributeChange,
  AttributeHolderKind,
  AttributeHolders,
  FieldFormulas,
  HolderSubject,
} from "@crmessenger/kernel/extensibility";
import { type Attributes, type Json, fieldOf, matches } from "@crmessenger/kernel/infrastructure";
import type { FieldAccess } from "../access/field-access.ts";
import type { EntityFields } from "../definitions/entity-fields.ts";
import { type Issue, forbiddenFields, wrongValues } from "../definitions/field-errors.ts";
import { checkValue } from "./check-value.ts";
import { computeValues } from "./compute-values.ts";

export interface ApplyServices {
  readonly access: FieldAccess;
  readonly formulas: FieldFormulas;
  readonly holders: AttributeHolders;
}

/** A change while it is worked on. */
interface Applying extends AttributeChange {
  readonly fields: EntityFields;
  readonly holder: AttributeHolderKind;
  /** What is going to be stored. */
  readonly values: Map<string, Json>;
  readonly issues: Issue[];
  /** Fields whose value is another than before. */
  readonly written: AttachedField[];
}

/** What to store for a change: see `CustomFieldManager.apply`. Fields that nobody touches cost nothing. */
export async function applyChange(
  services: ApplyServices,
  change: AttributeChange,
  fields: EntityFields,
): Promise<Attributes> {
  const { entity, next, previous } = change;
  const applying: Applying = {
    ...change,
    fields,
    holder: services.holders.get(entity),
    values: new Map(Object.entries(next.attributes)),
    issues: [],
    written: [],
  };
  const hidden = await services.access.unreadable(fields);
  checkWritten(applying, hidden);
  keepRemoved(applying, hidden);
  await requireWritable(services.access, applying);
  if (previous === null) setDefaults(applying);
  await checkReferences(services.holders, applying);
  await computeValues(services.formulas, { ...applying, subject: subjectOf(applying) });
  checkRequired(applying);
  if (applying.issues.length > 0) throw wrongValues(entity, applying.issues);
  const attributes = Object.fromEntries(applying.values);
  return isDeepStrictEqual(attributes, next.attributes) ? next.attributes : attributes;
}

function checkWritten(
  { next, previous, fields, values, issues, written }: Applying,
  hidden: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(next.attributes)) {
    const before = previous?.attributes[name] ?? null;
    if (previous && Object.hasOwn(previous.attributes, name) && isDeepStrictEqual(value, before)) continue;
    const field = fields.byName.get(name);
    if (!field || field.archived || hidden.has(name)) {
      issues.push({ path: name, message: "is no custom field here" });
      continue;
    }
    if (field.type.kind === "computed") continue; // computed anew below, whatever came in
    if (value === null) {
      values.delete(name);
      if (before !== null) written.push(field);
      continue;
    }
    const checked = checkValue(field.type, value, before);
    if ("problem" in checked) {
      issues.push({ path: name, message: checked.problem });
      continue;
    }
    values.set(name, checked.value);
    if (!isDeepStrictEqual(checked.value, before)) written.push(field);
  }
}

/** A value that is left out is removed, but for what the actor does not know of and what is archived. */
function keepRemoved({ next, previous, fields, values, written }: Applying, hidden: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(previous?.attributes ?? {})) {
    if (Object.hasOwn(next.attributes, name)) continue;
    const field = fields.byName.get(name);
    if (field && (field.archived || hidden.has(name))) values.set(name, value);
    else if (field && field.type.kind !== "computed") written.push(field);
  }
}

async function requireWritable(access: FieldAccess, { entity, written }: Applying): Promise<void> {
  const refused = await access.unwritable(written);
  if (refused.length > 0)
    throw forbiddenFields(
      entity,
      refused.map(({ name }) => name),
    );
}

function setDefaults(applying: Applying): void {
  const { fields, values } = applying;
  const missing = fields.withDefault.filter(({ name }) => (values.get(name) ?? null) === null);
  if (missing.length === 0) return;
  const subject = subjectOf(applying);
  for (const field of missing) if (appliesTo(field, subject)) values.set(field.name, field.default);
}

async function checkReferences(holders: AttributeHolders, { values, written, issues }: Applying): Promise<void> {
  const references = written.flatMap(({ name, type }) =>
    type.kind === "reference" && values.has(name) ? [{ name, entity: type.entity, id: String(values.get(name)) }] : [],
  );
  for (const [entity, pointing] of Map.groupBy(references, (reference) => reference.entity)) {
    const found = await holders.get(entity).getMany(pointing.map(({ id }) => id));
    const ids = new Set(found.map((holder) => fieldOf(holder, "id")));
    for (const { name, id } of pointing)
      if (!ids.has(id)) issues.push({ path: name, message: `points to ${entity} ${id}, which is not there` });
  }
}

/**
 * People fill in what is required when they create an entity or change its fields; whoever moves it to another state,
 * or takes a value away, finds it filled in. What nobody can be asked about is not held up: a first message makes a lead
 * without, and so does another system that writes a field of its own.
 */
function checkRequired(applying: Applying): void {
  const { fields, holder, next, previous, values, issues, written } = applying;
  if (fields.required.length === 0) return;
  const stateOf = (subject: HolderSubject) => (holder.state ? fieldOf(subject, holder.state.field) : null);
  const state = stateOf(next);
  const moved = previous !== null && stateOf(previous) !== state;
  const byHand = executionContext().actor.kind === "user" && (previous === null || written.length > 0);
  const subject = subjectOf(applying);
  for (const field of fields.required) {
    if ((values.get(field.name) ?? null) !== null || !isRequired(field, state) || !appliesTo(field, subject)) continue;
    if (moved || byHand || written.includes(field)) issues.push({ path: field.name, message: "is required" });
  }
}

function isRequired({ required }: AttachedField, state: Json): boolean {
  return typeof required === "boolean" ? required : typeof state === "string" && required.inStates.includes(state);
}

function appliesTo(field: AttachedField, subject: HolderSubject): boolean {
  return field.appliesTo === undefined || matches(field.appliesTo, subject);
}

function subjectOf({ next, values }: Applying): HolderSubject {
  return { ...next, attributes: Object.fromEntries(values) };
}
