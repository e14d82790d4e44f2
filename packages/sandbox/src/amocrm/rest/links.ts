import { problem } from "../http/problem.ts";
import { empty, hal, type Reply } from "../http/reply.ts";
import type { EntityKind, EntityRecord, LeadRecord } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { listReply } from "./page.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, idParam, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

interface Link {
  readonly entity_id: number;
  readonly entity_type: EntityKind;
  readonly to_entity_id: number;
  readonly to_entity_type: EntityKind;
  readonly metadata: { readonly main_contact: boolean } | null;
}

interface WantedLink {
  readonly check: ItemCheck;
  readonly entityId: number;
  readonly toId: number;
  readonly toType: EntityKind;
  readonly isMain: boolean | undefined;
}

/** `GET <entity>/:id/links` */
export function listLinks(kind: EntityKind): RestHandler {
  return (request) => {
    const entity = existing(request, kind, idParam(request));
    if (entity === undefined) throw problem(404, "Entity not found");
    return listReply(request, linksOf(request, kind, entity), {
      name: "links",
      render: ({ to_entity_id, to_entity_type, metadata }) => ({ to_entity_id, to_entity_type, metadata }),
    });
  };
}

/** `POST <entity>/:id/link` and `POST <entity>/link` */
export function link(kind: EntityKind): RestHandler {
  return (request) => change(request, kind, true);
}

/** `POST <entity>/:id/unlink` and `POST <entity>/unlink` */
export function unlink(kind: EntityKind): RestHandler {
  return (request) => change(request, kind, false);
}

function change(request: RestRequest, kind: EntityKind, add: boolean): Reply {
  const wanted = batchOf(request).map((item, index) => readLink(request, kind, new ItemCheck(item, index)));
  refuseInvalid(wanted.map(({ check }) => check));
  const touched = new Set<number>();
  for (const one of wanted) {
    carryOut(request, kind, one, add);
    touched.add(one.entityId);
  }
  for (const id of touched) request.changes.push({ entity: kind, action: "update", id });
  if (!add) return empty();
  const links = [...touched].flatMap((id) => {
    const entity = existing(request, kind, id);
    return entity === undefined ? [] : linksOf(request, kind, entity);
  });
  return hal({ _total_items: links.length, _links: selfLink(request, `${kind}/links`), _embedded: { links } });
}

function readLink(request: RestRequest, kind: EntityKind, check: ItemCheck): WantedLink {
  const entityId = request.params["id"] === undefined ? check.requiredInteger("entity_id") : idParam(request);
  const toId = check.requiredInteger("to_entity_id");
  const toType = check.requiredText("to_entity_type") as EntityKind;
  if (existing(request, kind, entityId) === undefined) check.notChoice("entity_id");
  const linkable = toType !== kind && ["leads", "contacts", "companies"].includes(toType);
  if (!linkable) check.notChoice("to_entity_type");
  else if (existing(request, toType, toId) === undefined) check.notChoice("to_entity_id");
  const metadata = check.item["metadata"];
  const isMain = isRecord(metadata) ? metadata["is_main"] === true || metadata["main_contact"] === true : undefined;
  return { check, entityId, toId, toType, isMain };
}

function carryOut(request: RestRequest, kind: EntityKind, wanted: WantedLink, add: boolean): void {
  const { world } = request;
  const ids: Partial<Record<EntityKind, number>> = { [kind]: wanted.entityId, [wanted.toType]: wanted.toId };
  const lead = world.leads.get(ids.leads ?? -1);
  const contact = world.contacts.get(ids.contacts ?? -1);
  if (lead !== undefined && ids.contacts !== undefined) {
    if (add) world.linkContact(lead, ids.contacts, wanted.isMain || undefined);
    else world.unlinkContact(lead, ids.contacts);
  } else if (lead !== undefined) {
    lead.companyId = add ? ids.companies : undefined;
  } else if (contact !== undefined) {
    contact.companyId = add ? ids.companies : undefined;
  }
  const entity = world.entities(kind).get(wanted.entityId);
  if (entity !== undefined) entity.updatedAt = world.seconds();
  const type = kind === "companies" ? "company" : kind.slice(0, -1);
  world.log(add ? "entity_linked" : "entity_unlinked", { type, id: wanted.entityId }, request.caller.userId, {
    after: { link: { entity: { type: wanted.toType, id: wanted.toId } } },
  });
}

function linksOf(request: RestRequest, kind: EntityKind, entity: EntityRecord): Link[] {
  const to = (type: EntityKind, id: number, metadata: Link["metadata"] = null): Link => ({
    entity_id: entity.id,
    entity_type: kind,
    to_entity_id: id,
    to_entity_type: type,
    metadata,
  });
  if (kind === "leads") {
    const lead = entity as LeadRecord;
    const contacts = lead.contacts.map(({ id, isMain }) => to("contacts", id, { main_contact: isMain }));
    return lead.companyId === undefined ? contacts : [...contacts, to("companies", lead.companyId)];
  }
  if (kind === "contacts") {
    const leads = request.world.leadsOf(entity.id).filter((lead) => !lead.isDeleted);
    const companyId = request.world.contacts.get(entity.id)?.companyId;
    const links = leads.map((lead) => to("leads", lead.id));
    return companyId === undefined ? links : [...links, to("companies", companyId)];
  }
  const contacts = [...request.world.contacts.values()].filter((contact) => contact.companyId === entity.id);
  const leads = [...request.world.leads.values()].filter((lead) => lead.companyId === entity.id);
  return [...contacts.map(({ id }) => to("contacts", id)), ...leads.map(({ id }) => to("leads", id))];
}

function existing(request: RestRequest, kind: EntityKind, id: number): EntityRecord | undefined {
  const entity = request.world.entities(kind).get(id);
  return entity === undefined || entity.isDeleted ? undefined : entity;
}
