import { parse } from "qs";
import type { HttpRequest } from "../http/listen.ts";
import { problem } from "../http/problem.ts";
import { empty, json, type Reply } from "../http/reply.ts";
import { Router } from "../http/router.ts";
import type { World } from "../world/world.ts";
import type { ChatDirectory } from "./chat-directory.ts";
import type { ChannelRecord, DeliveryStatus, ScopeRecord } from "./chat-records.ts";
import { historyPage } from "./history.ts";
import type { MediaStore } from "./media-store.ts";
import { editMessage, newMessage } from "./messages.ts";
import { badBody, optionalText, parseObject, readParticipant, readSource, requiredText } from "./payload.ts";
import { signatureFault } from "./signature.ts";

/** What the chats API works on. */
export interface ChatsParts {
  readonly world: World;
  readonly chats: ChatDirectory;
  readonly media: MediaStore;
  readonly baseUrl: () => string;
}

/** A request to the chats API whose signature was right. */
export interface ChatsRequest extends ChatsParts {
  readonly channel: ChannelRecord;
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  readonly body: Buffer;
}

type Handler = (request: ChatsRequest) => Reply;

const PREFIX = "/v2/origin/custom/";

const routes = new Router<Handler>()
  .add("POST", ":channel/connect", connect)
  .add("DELETE", ":channel/disconnect", disconnect)
  .add("POST", ":scope", takeEvent)
  .add("POST", ":scope/chats", createChat)
  .add("GET", ":scope/chats/:chat/history", (request) => history(request))
  .add("POST", ":scope/typing", typing)
  .add("POST", ":scope/react", react)
  .add("POST", ":scope/:msgid/delivery_status", deliveryStatus);

/** Answers a request to the chats API. Throws a Problem: 404 unknown channel, 403 bad signature, 400 bad body. */
export function answerChats(parts: ChatsParts, request: HttpRequest): Reply {
  const path = request.path.slice(PREFIX.length);
  const channel = parts.chats.channel(path.slice(0, 36));
  if (channel === undefined) throw problem(404, "The channel does not exist");
  const fault = signatureFault(channel.secret, request, parts.world.clock.now());
  if (fault !== undefined) throw problem(403, fault);
  const found = routes.find(request.method, path);
  if (found.kind === "wrong-method") throw problem(405, "Method not allowed");
  if (found.kind === "missing") throw problem(404, "No such method");
  return found.handler({ ...parts, channel, params: found.params, query: request.query, body: request.body });
}

/** Whether a path is the chats API's. */
export function isChatsPath(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** The connected scope a request is about. */
export function scopeOf(request: ChatsRequest): ScopeRecord {
  const scope = request.chats.scope(request.params["scope"] ?? "");
  if (scope === undefined) throw problem(404, "The channel is not connected to the account");
  return scope;
}

function connect(request: ChatsRequest): Reply {
  const body = accountBody(request);
  const version = optionalText(body, "hook_api_version") ?? "v1";
  if (version !== "v1" && version !== "v2") throw badBody("hook_api_version must be v1 or v2");
  const scope = request.chats.connect(request.channel, {
    title: optionalText(body, "title") ?? request.channel.name,
    hookVersion: version,
    noWindow: body["is_time_window_disabled"] === true,
  });
  return json({
    account_id: request.world.account.amojoId,
    scope_id: scope.scopeId,
    title: scope.title,
    hook_api_version: scope.hookVersion,
    is_time_window_disabled: scope.isTimeWindowDisabled,
  });
}

function disconnect(request: ChatsRequest): Reply {
  accountBody(request);
  request.chats.disconnect(request.channel);
  return empty(200);
}

function accountBody(request: ChatsRequest): Record<string, unknown> {
  const body = parseObject(request.body);
  if (requiredText(body, "account_id") !== request.world.account.amojoId) {
    throw badBody("The channel is not allowed in this account");
  }
  return body;
}

function takeEvent(request: ChatsRequest): Reply {
  const scope = scopeOf(request);
  const body = parseObject(request.body);
  const payload = body["payload"];
  if (typeof payload !== "object" || payload === null) throw badBody("payload is required");
  if (body["event_type"] === "new_message") return newMessage(request, scope, payload as Record<string, unknown>);
  if (body["event_type"] === "edit_message") return editMessage(request, scope, payload as Record<string, unknown>);
  throw badBody("event_type must be new_message or edit_message");
}

function createChat(request: ChatsRequest): Reply {
  const scope = scopeOf(request);
  const body = parseObject(request.body);
  const conversationId = requiredText(body, "conversation_id");
  const user = readParticipant(body["user"], "user");
  const source = readSource(body);
  const known = request.chats.chatByClientId(scope, conversationId);
  const { id: clientId, refId: _, ...details } = user;
  const given = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
  const chat = known ?? request.chats.createChat(scope, conversationId, { ...given, clientId });
  chat.sourceExternalId = source ?? chat.sourceExternalId;
  const { client } = chat;
  return json({
    id: chat.id,
    user: {
      id: client.id,
      client_id: client.clientId,
      name: client.name,
      avatar: client.avatar,
      ...(client.phone === "" ? {} : { phone: client.phone }),
      ...(client.email === "" ? {} : { email: client.email }),
    },
  });
}

function history(request: ChatsRequest): Reply {
  scopeOf(request);
  const query = parse(request.query);
  const number = (name: string, fallback: number): number => {
    const value = Number(query[name] ?? fallback);
    if (!Number.isSafeInteger(value) || value < 0) throw badBody(`${name} must be a number that is not negative`);
    return value;
  };
  const limit = number("limit", 50);
  if (limit < 1 || limit > 50) throw badBody("limit must be from 1 to 50");
  const chat = request.chats.chat(request.params["chat"] ?? "");
  if (chat === undefined || chat.scope.scopeId !== request.params["scope"]) return empty();
  const messages = historyPage(chat, { offset: number("offset", 0), limit, baseUrl: request.baseUrl() });
  return messages.length === 0 ? empty() : json({ messages });
}

function typing(request: ChatsRequest): Reply {
  const scope = scopeOf(request);
  const body = parseObject(request.body);
  readSender(body["sender"]);
  const chat = request.chats.chatByClientId(scope, requiredText(body, "conversation_id"));
  const duration = typeof body["duration_ms"] === "number" ? body["duration_ms"] : 5000;
  if (chat !== undefined) chat.typingUntil = request.world.clock.now() + duration;
  return empty();
}

function readSender(value: unknown): void {
  if (typeof value !== "object" || value === null) throw badBody("sender is required");
  requiredText(value as Record<string, unknown>, "id");
}

function react(request: ChatsRequest): Reply {
  const scope = scopeOf(request);
  const body = parseObject(request.body);
  const id = optionalText(body, "id");
  const msgid = optionalText(body, "msgid");
  if (id === undefined && msgid === undefined) throw badBody("id or msgid is required");
  const message = id === undefined ? request.chats.messageByClientId(scope, msgid ?? "") : request.chats.message(id);
  if (message === undefined) throw problem(404, "The message does not exist");
  const user = body["user"];
  if (typeof user !== "object" || user === null) throw badBody("user is required");
  const who = requiredText(user as Record<string, unknown>, "id");
  if (body["type"] === "react") message.reactions.set(who, optionalText(body, "emoji") ?? "");
  else if (body["type"] === "unreact") message.reactions.delete(who);
  else throw badBody("type must be react or unreact");
  return empty(200);
}

const STATUSES = new Map<unknown, DeliveryStatus>([
  [1, "delivered"],
  [2, "read"],
  [-1, "failed"],
]);

function deliveryStatus(request: ChatsRequest): Reply {
  const scope = scopeOf(request);
  const body = parseObject(request.body);
  const status = STATUSES.get(body["delivery_status"]);
  if (status === undefined) throw badBody("delivery_status must be 1, 2 or -1");
  const code = body["error_code"];
  if (status === "failed" && (typeof code !== "number" || code < 901 || code > 905)) {
    throw badBody("error_code must be from 901 to 905");
  }
  const message = request.chats.message(request.params["msgid"] ?? "");
  if (message === undefined || message.chat.scope !== scope) throw problem(404, "The message does not exist");
  message.deliveryStatus = status;
  message.statusHistory.push(status);
  message.deliveryError =
    status === "failed" ? { code: Number(code), text: optionalText(body, "error") ?? "" } : undefined;
  return empty(200);
}
