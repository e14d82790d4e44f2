import { CrmError, type OperationCall, executionContext } from "@crmessenger/kernel";
import type {
  AttachedField,
  AttributeHolderKind,
  AttributeHolders,
  CustomFieldManager,
} from "@crmessenger/kernel/extensibility";
import {
  type Criteria,
  type Json,
  type JsonObject,
  type StoredEvent,
  criteriaSchema,
} from "@crmessenger/kernel/infrastructure";
import { attributeKindOf, comparedPath } from "../definitions/attribute-kind.ts";
import { fieldsIn } from "../definitions/check-definition.ts";

export interface GuardServices {
  readonly holders: AttributeHolders;
  readonly manager: CustomFieldManager;
}

/** Where an operation answers with entities, and which of their fields the actor sees. */
interface Guard {
  readonly entity: string;
  readonly path: readonly string[];
  readonly readable: ReadonlyMap<string, AttachedField>;
  /** There are fields of these names, and the actor does not see them. */
  readonly hidden: ReadonlySet<string>;
}

/**
 * Around every operation: what leaves an application holds no value that its reader may not read, and no filter or sort
 * finds one out. Which operations answer with entities is told by the entities' owners; the others cost one look-up.
 */
export async function guardOperation(
  { holders, manager }: GuardServices,
  call: OperationCall,
  next: (call: OperationCall) => Promise<Json>,
): Promise<Json> {
  const places = placesIn(holders.all()).get(call.operation.name);
  if (!places) return next(call);
  const guards = await Promise.all(places.map((place) => guardOf(manager, place)));
  if (executionContext().actor.kind !== "system") for (const guard of guards) refuseUnknown(call.input, guard);
  let output = await next({ ...call, input: guards.reduce(sortedByKind, call.input) });
  for (const { path, hidden } of guards) if (hidden.size > 0) output = without(output, path, hidden);
  return output;
}

/** Where an operation answers with an entity. */
interface HolderPlace {
  readonly entity: string;
  readonly at: string;
}

const indexes = new WeakMap<readonly AttributeHolderKind[], ReadonlyMap<string, readonly HolderPlace[]>>();

/** By operation. A registry answers the same list until its parts change. */
function placesIn(kinds: readonly AttributeHolderKind[]): ReadonlyMap<string, readonly HolderPlace[]> {
  const known = indexes.get(kinds);
  if (known) return known;
  const places = kinds.flatMap(({ name: entity, operations }) =>
    operations.map(({ operation, at }) => ({ operation, entity, at })),
  );
  const made = Map.groupBy(places, ({ operation }) => operation);
  indexes.set(kinds, made);
  return made;
}

/** An event as the actor may see it: without values of the entities in its payload that the actor may not read. */
export async function guardEvent({ holders, manager }: GuardServices, event: StoredEvent): Promise<StoredEvent> {
  let { payload } = event;
  for (const { name } of holders.all()) {
    if (payload[name] === undefined) continue;
    const { hidden } = await guardOf(manager, { entity: name, at: name });
    if (hidden.size > 0) payload = without(payload, [name], hidden) as JsonObject;
  }
  return payload === event.payload ? event : { ...event, payload };
}

async function guardOf(manager: CustomFieldManager, { entity, at }: HolderPlace): Promise<Guard> {
  const readable = new Map((await manager.readableFields(entity)).map((field) => [field.name, field]));
  const all = (await manager.fields(entity)).map(({ name }) => name);
  const hidden = new Set(all.filter((name) => !readable.has(name)));
  return { entity, path: at === "" ? [] : at.split("."), readable, hidden };
}

/** A field that may not be read is refused just as one that is not there. */
function refuseUnknown(input: Json, { entity, readable }: Guard): void {
  if (!isObject(input)) return;
  for (const field of [...filtered(input["criteria"]), ...sorted(input["sort"])]) {
    const [property, name] = field.split(".");
    if (property !== "attributes" || name === undefined || readable.has(name)) continue;
    throw new CrmError("CRM_FIELD_NOT_FOUND", `There is no custom field "${name}" on ${entity} to filter or sort by.`, {
      status: 422,
      details: { entity, field: name },
    });
  }
}

/** The input with the kinds of the fields that it sorts by, so that their indexes serve the order. */
function sortedByKind(input: Json, { readable }: Guard): Json {
  if (!isObject(input) || !Array.isArray(input["sort"])) return input;
  const sort = (input["sort"] as readonly Json[]).map((by) => {
    if (!isObject(by) || by["kind"] !== undefined) return by;
    const path = String(by["field"]);
    const field = path.startsWith("attributes.") ? readable.get(path.split(".")[1] ?? "") : undefined;
    if (!field || path !== `attributes.${comparedPath(field.name, field.type)}`) return by;
    const kind = attributeKindOf(field.type);
    return kind === "list" ? by : { ...by, kind };
  });
  return { ...input, sort };
}

function filtered(criteria: Json | undefined): readonly string[] {
  const parsed = criteriaSchema.safeParse(criteria);
  return parsed.success ? fieldsIn(parsed.data as Criteria) : [];
}

function sorted(sort: Json | undefined): readonly string[] {
  if (!Array.isArray(sort)) return [];
  return (sort as readonly Json[]).flatMap((by) =>
    isObject(by) && typeof by["field"] === "string" ? [by["field"]] : [],
  );
}

/** The answer with those values taken out of the entities at the path. */
function without(value: Json, path: readonly string[], names: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((part) => without(part, path, names));
  if (!isObject(value)) return value;
  const [step, ...rest] = path;
  if (step !== undefined) {
    const part = value[step];
    return part === undefined ? value : { ...value, [step]: without(part, rest, names) };
  }
  const { attributes } = value;
  if (!isObject(attributes) || !Object.keys(attributes).some((name) => names.has(name))) return value;
  return { ...value, attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.has(name))) };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
