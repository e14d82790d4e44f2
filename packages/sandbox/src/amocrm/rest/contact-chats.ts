import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { ChatRecord } from "../chats/chat-records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { batchOf, type RestHandler, type RestRequest } from "./rest-request.ts";

/** `POST contacts/chats`: binds chats to contacts. A chat has one contact; a later binding takes it over. */
export const bindChats: RestHandler = (request) => {
  refuseCookies(request);
  const read = batchOf(request).map((item, index) => {
    const check = new ItemCheck(item, index);
    const contactId = check.requiredInteger("contact_id");
    if (request.world.contacts.get(contactId)?.isDeleted !== false) check.notChoice("contact_id");
    const chat = request.chats.chat(check.requiredText("chat_id"));
    if (chat === undefined || !accessible(request, chat)) check.notChoice("chat_id");
    return { check, contactId, chat };
  });
  refuseInvalid(read.map(({ check }) => check));
  const chats = read.flatMap(({ check, contactId, chat }) => {
    if (chat === undefined) return [];
    const id = request.chats.bind(chat, contactId);
    const talk = chat.talkId === undefined ? undefined : request.world.talks.get(chat.talkId);
    if (talk !== undefined) Object.assign(talk, { contactId, leadId: request.world.openLeadOf(contactId)?.id });
    return [{ chat_id: chat.id, contact_id: contactId, id, request_id: check.requestId }];
  });
  return hal({ _total_items: chats.length, _embedded: { chats } });
};

/** `GET contacts/chats?chat_id[]=…` or `?contact_id[]=…`: which chats belong to which contacts. */
export const listContactChats: RestHandler = (request) => {
  refuseCookies(request);
  const chatIds = valuesOf(request.query["chat_id"]);
  const contactIds = valuesOf(request.query["contact_id"]);
  if (chatIds.size === 0 && contactIds.size === 0) throw problem(400, "chat_id or contact_id is required");
  const found = request.chats.chats.filter(
    (chat) =>
      chat.contactId !== undefined &&
      accessible(request, chat) &&
      (chatIds.size === 0 || chatIds.has(chat.id)) &&
      (contactIds.size === 0 || contactIds.has(String(chat.contactId))),
  );
  if (found.length === 0) return empty();
  const chats = found.map((chat) => ({ chat_id: chat.id, contact_id: chat.contactId, id: chat.linkId }));
  return hal({ _total_items: chats.length, _embedded: { chats } });
};

/** An integration sees the chats of its own channels. */
function accessible(request: RestRequest, chat: ChatRecord): boolean {
  const { clientUuid } = chat.scope.channel;
  return clientUuid === undefined || clientUuid === request.caller.integration.clientId;
}

function refuseCookies(request: RestRequest): void {
  if (request.hasCookies) throw problem(400, "Session cookies must not be sent to this method");
}

function valuesOf(value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set();
  return new Set((typeof value === "object" && value !== null ? Object.values(value) : [value]).map(String));
}
