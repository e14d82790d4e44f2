import type { ParsedQs } from "qs";
import type { EntityRecord, LeadRecord } from "../world/records.ts";
import type { RestRequest } from "./rest-request.ts";

type Filter = string | ParsedQs | (string | ParsedQs)[] | undefined;

/** The entities of a list: filtered, searched and ordered as the query asks. Oldest first by default. */
export function selectEntities<Entity extends EntityRecord>(request: RestRequest, all: Iterable<Entity>): Entity[] {
  const filter = request.query["filter"];
  const wanted = typeof filter === "object" && !Array.isArray(filter) ? filter : {};
  const query = typeof request.query["query"] === "string" ? request.query["query"].trim().toLowerCase() : "";
  const newest = request.world.clock.now() - request.searchLagMs();
  const found: Entity[] = [];
  for (const entity of all) {
    if (entity.isDeleted || entity.unsortedUid !== undefined || !passes(entity, wanted)) continue;
    if (query !== "" && (entity.updatedAt * 1000 > newest || !mentions(request, entity, query))) continue;
    found.push(entity);
  }
  return order(found, request.query["order"]);
}

function passes(entity: EntityRecord, filter: ParsedQs): boolean {
  for (const [name, value] of Object.entries(filter)) {
    if (!passesOne(entity, name, value)) return false;
  }
  return true;
}

function passesOne(entity: EntityRecord, name: string, value: Filter): boolean {
  switch (name) {
    case "id":
      return choice(value, String(entity.id));
    case "name":
      return choice(value, entity.name);
    case "responsible_user_id":
      return choice(value, String(entity.responsibleUserId));
    case "created_by":
      return choice(value, String(entity.createdBy));
    case "updated_by":
      return choice(value, String(entity.updatedBy));
    case "created_at":
      return range(value, entity.createdAt);
    case "updated_at":
      return range(value, entity.updatedAt);
    case "custom_fields_values":
      return fields(value, entity);
    default:
      return passesLead(entity as LeadRecord, name, value);
  }
}

function passesLead(lead: LeadRecord, name: string, value: Filter): boolean {
  switch (name) {
    case "pipeline_id":
      return choice(value, String(lead.pipelineId));
    case "price":
      return range(value, lead.price ?? 0);
    case "closed_at":
      return lead.closedAt !== undefined && range(value, lead.closedAt);
    case "statuses":
      return list(value).some(
        (status) =>
          typeof status === "object" &&
          status["pipeline_id"] === String(lead.pipelineId) &&
          status["status_id"] === String(lead.statusId),
      );
    default:
      return true;
  }
}

function list(value: Filter): (string | ParsedQs)[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  return typeof value === "object" ? Object.values(value).flatMap((part) => list(part)) : [value];
}

function choice(value: Filter, actual: string): boolean {
  return list(value).includes(actual);
}

function range(value: Filter, actual: number): boolean {
  if (typeof value === "string") return Number(value) === actual;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  const from = value["from"] === undefined ? -Infinity : Number(value["from"]);
  const to = value["to"] === undefined ? Infinity : Number(value["to"]);
  return actual >= from && actual <= to;
}

function fields(value: Filter, entity: EntityRecord): boolean {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([id, wanted]) =>
    (entity.fields.get(Number(id)) ?? []).some((kept) => choice(wanted, String(kept.value ?? kept.enum_id))),
  );
}

/** Search is over filled fields; a phone is found by its digits however it was written. */
function mentions(request: RestRequest, entity: EntityRecord, query: string): boolean {
  if (entity.name.toLowerCase().includes(query)) return true;
  const digits = query.replaceAll(/\D/gu, "");
  const byPhone = digits.length >= 5 && digits.length >= query.length - 6;
  for (const [id, values] of entity.fields) {
    const field = request.world.customFields.get(id);
    for (const { value, enum_id: chosen } of values) {
      const text = String(value ?? field?.enums?.find((choice) => choice.id === chosen)?.value ?? "").toLowerCase();
      if (text.includes(query)) return true;
      if (byPhone && field?.code === "PHONE" && text.replaceAll(/\D/gu, "").includes(digits)) return true;
    }
  }
  return false;
}

function order<Entity extends EntityRecord>(entities: Entity[], given: Filter): Entity[] {
  if (typeof given !== "object" || Array.isArray(given)) return entities;
  const [name, direction] = Object.entries(given)[0] ?? [];
  const keys: Readonly<Record<string, (entity: Entity) => number>> = {
    id: (entity) => entity.id,
    created_at: (entity) => entity.createdAt,
    updated_at: (entity) => entity.updatedAt,
  };
  const key = keys[name ?? ""];
  if (key === undefined) return entities;
  const sign = direction === "desc" ? -1 : 1;
  return entities.sort((a, b) => sign * (key(a) - key(b)) || sign * (a.id - b.id));
}
