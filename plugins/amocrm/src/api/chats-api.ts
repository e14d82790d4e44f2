import type { CrmError } from "@crmessenger/kernel";
import type { Clock, HttpClient, HttpResponse } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { Connection } from "../connection/connection.ts";
import type { AmoCrmOptions } from "../options.ts";
import { bodyOf } from "./answer-body.ts";
import { signedHeaders } from "./chats-signature.ts";
import { always, repeating } from "./repeating.ts";
import { badSignature, notFound, rateLimited, refused, unavailable } from "./errors.ts";

const ROOT = "/v2/origin/custom";
const CIRCUIT = "amocrm.chats";
const SLOW_DOWN_MS = 2_000;

const connected = z.object({ scope_id: z.string().min(1) });
const created = z.object({ id: z.string().min(1) });
const accepted = z.object({ new_message: z.object({ msgid: z.string().min(1) }) });

const person = z.object({ id: z.string(), name: z.string().catch(""), client_id: z.string().optional() });
const historyMessage = z.object({
  timestamp: z.number(),
  msec_timestamp: z.number().optional(),
  sender: person,
  receiver: person.optional(),
  message: z.object({
    id: z.string().min(1),
    client_id: z.string().optional(),
    type: z.string(),
    text: z.string().catch(""),
    media: z.string().catch(""),
    file_name: z.string().catch(""),
    file_size: z.number().catch(0),
  }),
});
const history = z.object({ messages: z.array(historyMessage) });

/** A message as a chat's history shows it. */
export type HistoryMessage = z.infer<typeof historyMessage>;

/** What a new chat is made of. */
export interface NewChat {
  readonly conversationId: string;
  /** Undefined: the channel's default one. */
  readonly sourceExternalId: string | undefined;
  readonly user: ChatUser;
}

/** The client of a chat, with our own ids. */
export interface ChatUser {
  readonly id: string;
  readonly name: string;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
}

/** How far a message came, in the chats API's words. */
export type DeliveryReport =
  | { readonly delivery_status: 1 | 2 }
  | { readonly delivery_status: -1; readonly error_code: number; readonly error: string };

/**
 * amoCRM's chats API for one channel. Errors: `CRM_AMOCRM_REFUSED` (400), `CRM_AMOCRM_SIGNATURE` (403),
 * `CRM_AMOCRM_NOT_FOUND` (404), `CRM_AMOCRM_RATE_LIMITED` (429), `CRM_AMOCRM_UNAVAILABLE` (5xx), and those of HttpClient.
 */
export class ChatsApi {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #options: AmoCrmOptions;
  readonly #secret: string;
  readonly #connection: Connection;

  constructor(parts: {
    http: HttpClient;
    clock: Clock;
    options: AmoCrmOptions;
    secret: string;
    connection: Connection;
  }) {
    this.#http = parts.http;
    this.#clock = parts.clock;
    this.#options = parts.options;
    this.#secret = parts.secret;
    this.#connection = parts.connection;
  }

  /** Connects the channel to the account and answers the scope that its chats live in. May be repeated. */
  async connect(amojoId: string): Promise<string> {
    const body = { account_id: amojoId, title: "CRMessenger", hook_api_version: "v2" };
    const response = await this.#call("POST", `/${this.#options.channelId}/connect`, body);
    return bodyOf(response, connected, "the connection of the channel").scope_id;
  }

  /** Creates a chat, or finds the one of that conversation, and answers amoCRM's id of it. */
  async createChat(scopeId: string, chat: NewChat): Promise<string> {
    const response = await this.#call("POST", `/${scopeId}/chats`, {
      conversation_id: chat.conversationId,
      ...(chat.sourceExternalId === undefined ? {} : { source: { external_id: chat.sourceExternalId } }),
      user: userOf(chat.user),
    });
    return bodyOf(response, created, "a new chat").id;
  }

  /** Adds a message and answers amoCRM's id of it. A `msgid` that was taken before is refused. */
  async addMessage(scopeId: string, payload: Readonly<Record<string, unknown>>): Promise<string> {
    const response = await this.#call("POST", `/${scopeId}`, { event_type: "new_message", payload });
    return bodyOf(response, accepted, "a new message").new_message.msgid;
  }

  /** Tells how far a message came. */
  async reportDelivery(scopeId: string, amoMessageId: string, report: DeliveryReport): Promise<void> {
    // The status is called delivery_status in signed requests, whatever the table in the documentation says.
    await this.#call("POST", `/${scopeId}/${amoMessageId}/delivery_status`, { msgid: amoMessageId, ...report });
  }

  /** A page of a chat's messages, newest first; at most 50. */
  async history(scopeId: string, chatId: string, offset: number): Promise<readonly HistoryMessage[]> {
    const path = `/${scopeId}/chats/${chatId}/history`;
    const response = await this.#call("GET", path, undefined, `?offset=${offset}&limit=50`);
    return response.status === 204 ? [] : bodyOf(response, history, "the history of a chat").messages;
  }

  /** Everything here may come twice: chats and messages have ids of ours, and amoCRM refuses what it has. */
  #call(method: "GET" | "POST", path: string, body: unknown, query = ""): Promise<HttpResponse> {
    return repeating(this.#clock, always, () => this.#callOnce(method, path, body, query));
  }

  async #callOnce(method: "GET" | "POST", path: string, body: unknown, query: string): Promise<HttpResponse> {
    await this.#connection.requireOpen();
    const full = `${ROOT}${path}`;
    const text = body === undefined ? "" : JSON.stringify(body);
    const response = await this.#http.request({
      method,
      url: `${this.#options.chatsUrl}${full}${query}`,
      headers: signedHeaders(this.#secret, { method, path: full, body: text, at: this.#clock.now() }),
      ...(body === undefined ? {} : { body: text }),
      timeoutMs: this.#options.timeoutMs,
      circuit: CIRCUIT,
      retries: 0,
    });
    if (response.status >= 200 && response.status < 300) return response;
    throw failureOf(response.status, path);
  }
}

/** A participant as the chats API takes one. */
export function userOf(user: ChatUser): Readonly<Record<string, unknown>> {
  const profile = {
    ...(user.phone === undefined ? {} : { phone: user.phone }),
    ...(user.email === undefined ? {} : { email: user.email }),
  };
  return { id: user.id, name: user.name, ...(Object.keys(profile).length === 0 ? {} : { profile }) };
}

function failureOf(status: number, path: string): CrmError {
  const what = `the chats request ${path.replace(/^\/[^/]+/u, "")}`;
  if (status === 403) return badSignature();
  if (status === 404) return notFound(what);
  if (status === 429) return rateLimited(SLOW_DOWN_MS);
  return status >= 500 ? unavailable(status) : refused(what, status, []);
}
