import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { EventRecord } from "../world/records.ts";
import { pageReply } from "./page.ts";
import { linked } from "./render-lead.ts";
import { idParam, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

const LARGEST_EVENT_PAGE = 100;

/** `GET events`, newest first, with filters by type, entity and time; pages of at most 100. */
export const listEvents: RestHandler = (request) => {
  const filter = request.query["filter"];
  const wanted = typeof filter === "object" && !Array.isArray(filter) ? filter : {};
  const has = (name: string, actual: string): boolean => {
    const value = wanted[name];
    if (value === undefined) return true;
    const values = typeof value === "object" ? Object.values(value).map(String) : value.split(",");
    return values.includes(actual);
  };
  const created = wanted["created_at"];
  const range = typeof created === "object" && !Array.isArray(created) ? created : { from: created, to: created };
  const from = range["from"] === undefined ? -Infinity : Number(range["from"]);
  const to = range["to"] === undefined ? Infinity : Number(range["to"]);
  const events = request.world.events.filter(
    (event) =>
      has("type", event.type) &&
      has("entity", event.entityType) &&
      has("entity_id", String(event.entityId)) &&
      event.createdAt >= from &&
      event.createdAt <= to,
  );
  return pageReply(request, events.reverse(), {
    name: "events",
    render: (event) => renderEvent(request, event),
    largest: LARGEST_EVENT_PAGE,
  });
};

/** `GET events/:id` */
export const getEvent: RestHandler = (request) => {
  const event = request.world.events.find((candidate) => candidate.id === request.params["id"]);
  return event === undefined ? empty() : hal(renderEvent(request, event));
};

/** `GET talks/:id` */
export const getTalk: RestHandler = (request) => {
  const talk = request.world.talks.get(idParam(request));
  if (talk === undefined) throw problem(404, "Talk not found");
  return hal({
    talk_id: talk.id,
    created_at: talk.createdAt,
    updated_at: talk.updatedAt,
    rate: 0,
    contact_id: talk.contactId ?? null,
    chat_id: talk.chatId,
    entity_id: talk.leadId ?? null,
    entity_type: talk.leadId === undefined ? null : "lead",
    is_in_work: talk.isInWork,
    is_read: talk.isRead,
    origin: talk.origin,
    missed_at: null,
    account_id: request.world.account.id,
    _links: selfLink(request, `talks/${talk.id}`),
    _embedded: {
      contacts: talk.contactId === undefined ? [] : [linked(request, "contacts", talk.contactId)],
      leads: talk.leadId === undefined ? [] : [linked(request, "leads", talk.leadId)],
      customers: [],
    },
  });
};

/** `POST talks/:id/close` */
export const closeTalk: RestHandler = (request) => {
  const talk = request.world.talks.get(idParam(request));
  if (talk === undefined) throw problem(404, "Talk not found");
  if (!talk.isInWork) throw problem(422, "The talk is closed already");
  talk.isInWork = false;
  talk.updatedAt = request.world.seconds();
  request.changes.push({ entity: "talk", action: "update", id: talk.id });
  request.world.log("talk_closed", { type: "talk", id: talk.id }, request.caller.userId);
  return { status: 202 };
};

function renderEvent(request: RestRequest, event: EventRecord): unknown {
  const entity = shownEntity(request, event);
  return {
    id: event.id,
    type: event.type,
    entity_id: entity.id,
    entity_type: entity.type,
    ...(entity.contactId === undefined ? {} : { linked_talk_contact_id: entity.contactId }),
    created_by: event.createdBy,
    created_at: event.createdAt,
    value_after: event.valueAfter,
    value_before: event.valueBefore,
    account_id: request.world.account.id,
    _links: selfLink(request, `events/${event.id}`),
    _embedded: { entity: linked(request, entityPath(entity.type), entity.id) },
  };
}

/**
 * The entity an event is shown with. Chat messages are filtered by contact and shown with the lead that their talk is
 * about, while there is one; the contact is then in a field of its own.
 */
function shownEntity(request: RestRequest, event: EventRecord): { type: string; id: number; contactId?: number } {
  const { entityType, entityId } = event;
  if (entityType !== "contact" || !event.type.endsWith("_chat_message")) return { type: entityType, id: entityId };
  const lead = request.world.openLeadOf(entityId);
  if (lead === undefined) return { type: entityType, id: entityId };
  return { type: "lead", id: lead.id, contactId: entityId };
}

function entityPath(type: string): string {
  return type === "company" ? "companies" : `${type}s`;
}
