import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import { isRecord } from "../http/is-record.ts";
import type { UnsortedRecord } from "../world/records.ts";
import { pageReply } from "./page.ts";
import { linked } from "./render-lead.ts";
import { type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";
import { acceptUnsorted, declineUnsorted, linkUnsorted } from "./sort-unsorted.ts";

/** `GET leads/unsorted`, with `filter[uid]`, `filter[category]` and `filter[pipeline_id]` */
export const listUnsorted: RestHandler = (request) => {
  const filter = request.query["filter"];
  const wanted = typeof filter === "object" && !Array.isArray(filter) ? filter : {};
  const has = (name: string, actual: string): boolean => {
    const value = wanted[name];
    return value === undefined || (typeof value === "object" ? Object.values(value) : [value]).includes(actual);
  };
  const open = [...request.world.unsorted.values()].filter(
    (one) =>
      one.state === "open" &&
      has("uid", one.uid) &&
      has("category", "chats") &&
      has("pipeline_id", String(one.pipelineId)),
  );
  return pageReply(request, open, { name: "unsorted", render: (one) => render(request, one) });
};

/** `GET leads/unsorted/:uid` */
export const getUnsorted: RestHandler = (request) => {
  const one = request.world.unsorted.get(request.params["uid"] ?? "");
  return one === undefined ? empty() : hal(render(request, one));
};

/** `GET leads/unsorted/summary` */
export const summariseUnsorted: RestHandler = (request) => {
  const all = [...request.world.unsorted.values()];
  const count = (state: UnsortedRecord["state"]): number => all.filter((one) => one.state === state).length;
  return hal({
    total: count("open"),
    accepted: count("accepted") + count("linked"),
    declined: count("declined"),
    average_sort_time: 0,
    categories: { sip: { total: 0 }, mail: { total: 0 }, forms: { total: 0 }, chats: { total: count("open") } },
  });
};

/** `POST leads/unsorted/:uid/accept`, on behalf of `user_id`, into `status_id` */
export const acceptUnsortedRequest: RestHandler = (request) => {
  const one = openOne(request);
  const body = isRecord(request.body) ? request.body : {};
  const userId = userOf(request, body);
  const statusId = typeof body["status_id"] === "number" ? body["status_id"] : undefined;
  const pipeline = request.world.pipelines.get(one.pipelineId);
  if (statusId !== undefined && pipeline?.statuses.some((status) => status.id === statusId) !== true) {
    throw problem(400, "The status does not belong to the pipeline");
  }
  request.changes.push(...acceptUnsorted(request.world, one, { userId, statusId }));
  return hal({ ...brief(one), _embedded: embedded(request, one) });
};

/** `DELETE leads/unsorted/:uid/decline`, on behalf of `user_id` */
export const declineUnsortedRequest: RestHandler = (request) => {
  const one = openOne(request);
  const userId = userOf(request, isRecord(request.body) ? request.body : {});
  const reply = { ...brief(one), _embedded: embedded(request, one) };
  request.changes.push(...declineUnsorted(request.world, request.chats, one, userId));
  return hal(reply);
};

/** `POST leads/unsorted/:uid/link`: the chat goes to an open lead, its own request disappears. */
export const linkUnsortedRequest: RestHandler = (request) => {
  const one = openOne(request);
  const link = isRecord(request.body) && isRecord(request.body["link"]) ? request.body["link"] : {};
  const leadId = link["entity_type"] === "leads" && typeof link["entity_id"] === "number" ? link["entity_id"] : -1;
  const lead = request.world.leads.get(leadId);
  if (lead === undefined || lead.isDeleted) throw problem(400, "The entity to link to does not exist");
  const metadata = isRecord(link["metadata"]) ? link["metadata"] : {};
  const contactId = typeof metadata["contact_id"] === "number" ? metadata["contact_id"] : undefined;
  if (contactId !== undefined && !request.world.contacts.has(contactId)) {
    throw problem(400, "The contact to link to does not exist");
  }
  request.changes.push(
    ...linkUnsorted(request.world, request.chats, one, { lead, contactId, userId: request.caller.userId }),
  );
  return hal({ uid: one.uid, _embedded: { leads: [linked(request, "leads", lead.id)] } });
};

function openOne(request: RestRequest): UnsortedRecord {
  const one = request.world.unsorted.get(request.params["uid"] ?? "");
  if (one === undefined || one.state !== "open") throw problem(404, "Unsorted not found");
  return one;
}

function userOf(request: RestRequest, body: Readonly<Record<string, unknown>>): number {
  const userId = typeof body["user_id"] === "number" ? body["user_id"] : request.caller.userId;
  if (!request.world.users.has(userId)) throw problem(400, "The user does not exist");
  return userId;
}

function brief(one: UnsortedRecord): Record<string, unknown> {
  return { uid: one.uid, pipeline_id: one.pipelineId, category: "chats", created_at: one.createdAt };
}

function embedded(request: RestRequest, one: UnsortedRecord): unknown {
  return {
    leads: [linked(request, "leads", one.leadId)],
    contacts: [linked(request, "contacts", one.contactId)],
    companies: [],
  };
}

function render(request: RestRequest, one: UnsortedRecord): unknown {
  const chat = request.chats.chat(one.chatId);
  return {
    uid: one.uid,
    source_uid: null,
    source_name: one.sourceName,
    category: "chats",
    pipeline_id: one.pipelineId,
    created_at: one.createdAt,
    metadata: {
      from: one.from,
      to: null,
      received_at: one.createdAt,
      service: one.service,
      client: { name: one.from, avatar: chat?.client.avatar || null },
      origin: { chat_id: one.chatId, ref: null, visitor_uid: null },
      last_message_text: one.lastMessageText,
      source_name: one.sourceName,
    },
    account_id: request.world.account.id,
    _links: selfLink(request, `leads/unsorted/${one.uid}`),
    _embedded: embedded(request, one),
  };
}
