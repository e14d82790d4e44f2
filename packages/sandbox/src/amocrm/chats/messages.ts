import { problem } from "../http/problem.ts";
import { json, type Reply } from "../http/reply.ts";
import { isRecord } from "../http/is-record.ts";
import type { ChatsRequest } from "./chats-api.ts";
import type { ChatMessage, ChatRecord, MessageAuthor, ScopeRecord } from "./chat-records.ts";
import { takeClientMessage } from "./client-request.ts";
import {
  badBody,
  type Content,
  optionalText,
  type Participant,
  readContent,
  readParticipant,
  readSource,
  readTime,
  requiredText,
} from "./payload.ts";

type Payload = Readonly<Record<string, unknown>>;

/** `new_message`: one message, and its chat if that is new. A `msgid` that was used before is refused. */
export function newMessage(request: ChatsRequest, scope: ScopeRecord, payload: Payload): Reply {
  const msgid = requiredText(payload, "msgid");
  const conversationId = requiredText(payload, "conversation_id");
  const sender = readParticipant(payload["sender"], "sender");
  const receiver = payload["receiver"] === undefined ? undefined : readParticipant(payload["receiver"], "receiver");
  const content = readContent(payload["message"], false);
  const msecTimestamp = readTime(payload);
  const source = readSource(payload);
  const author = receiver === undefined ? undefined : staffAuthor(request, scope, sender);
  if (request.chats.messageByClientId(scope, msgid) !== undefined) {
    throw badBody(`A message with msgid ${msgid} was already accepted`);
  }
  const replyTo = repliedTo(request, scope, payload);
  const client = receiver ?? sender;
  const chat = chatFor(request, scope, { payload, conversationId, client });
  chat.sourceExternalId ??= source;
  const message = request.chats.addMessage({
    chat,
    clientId: msgid,
    direction: receiver === undefined ? "in" : "out",
    author: author ?? { kind: "client", id: chat.client.id, name: sender.name },
    ...shown(request, content),
    replyTo,
    silent: payload["silent"] === true,
    msecTimestamp,
  });
  record(request, message);
  return json({
    new_message: {
      conversation_id: conversationId,
      sender_id: sender.id,
      receiver_id: receiver === undefined ? null : chat.client.id,
      msgid: message.id,
      ref_id: msgid,
    },
  });
}

/** `edit_message`: new content for a message found by `id` or `msgid`; both together name it for the integration. */
export function editMessage(request: ChatsRequest, scope: ScopeRecord, payload: Payload): Reply {
  const id = optionalText(payload, "id");
  const msgid = optionalText(payload, "msgid");
  if (id === undefined && msgid === undefined) throw badBody("id or msgid is required");
  const message = id === undefined ? request.chats.messageByClientId(scope, msgid ?? "") : request.chats.message(id);
  if (message === undefined || message.chat.scope !== scope) throw problem(404, "The message does not exist");
  const content = readContent(payload["message"], true);
  const { media, type, text } = shown(request, content);
  message.type = type;
  message.text = text;
  message.media = media ?? message.media;
  message.editedAt = request.world.clock.now();
  if (id !== undefined && msgid !== undefined) request.chats.nameMessage(message, msgid);
  return json({ edit_message: { msgid: message.id, ref_id: message.clientId ?? null } });
}

/** The manager or bot that an outgoing message is from. */
function staffAuthor(request: ChatsRequest, scope: ScopeRecord, sender: Participant): MessageAuthor {
  const { bot } = scope.channel;
  if (sender.refId === bot.id) return { kind: "bot", id: bot.id, clientId: sender.id, name: sender.name };
  for (const user of request.world.users.values()) {
    if (user.amojoId === sender.refId)
      return { kind: "manager", id: user.amojoId, clientId: sender.id, name: user.name };
  }
  throw badBody("sender.ref_id must be a user of the account or the bot of the channel");
}

function chatFor(
  request: ChatsRequest,
  scope: ScopeRecord,
  about: { payload: Payload; conversationId: string; client: Participant },
): ChatRecord {
  const { client, conversationId } = about;
  const known = request.chats.chatByClientId(scope, conversationId);
  if (known !== undefined) return known;
  const refId = optionalText(about.payload, "conversation_ref_id");
  const begun = refId === undefined ? undefined : request.chats.chat(refId);
  if (begun !== undefined && begun.scope === scope && begun.clientId === undefined) {
    request.chats.nameChat(begun, conversationId);
    begun.client.clientId = client.id;
    return begun;
  }
  return request.chats.createChat(scope, conversationId, {
    clientId: client.id,
    name: client.name,
    phone: client.phone ?? "",
    email: client.email ?? "",
    avatar: client.avatar ?? "",
    profileLink: client.profileLink ?? "",
  });
}

function repliedTo(request: ChatsRequest, scope: ScopeRecord, payload: Payload): ChatMessage | undefined {
  const reply = payload["reply_to"];
  const quoted = isRecord(reply) && isRecord(reply["message"]) ? reply["message"] : undefined;
  if (quoted === undefined) return undefined;
  const id = optionalText(quoted, "id");
  if (id !== undefined) return request.chats.message(id);
  const msgid = optionalText(quoted, "msgid");
  return msgid === undefined ? undefined : request.chats.messageByClientId(scope, msgid);
}

function shown(request: ChatsRequest, content: Content): Pick<ChatMessage, "type" | "text" | "media" | "extra"> {
  const { type, text, media, fileName, fileSize, extra } = content;
  return {
    type,
    text,
    media: media === undefined ? undefined : request.media.download({ url: media, fileName, fileSize }),
    extra,
  };
}

/** Tells the CRM part of the account. */
function record(request: ChatsRequest, message: ChatMessage): void {
  const incoming = message.direction === "in";
  const changes = incoming ? takeClientMessage(request.world, request.chats, message) : [];
  if (message.chat.contactId !== undefined) {
    const type = incoming ? "incoming_chat_message" : "outgoing_chat_message";
    request.world.log(type, { type: "contact", id: message.chat.contactId }, 0, {
      after: { message: { id: message.id } },
    });
  }
  request.world.publish([...changes, { entity: "message", action: "add", id: message.id }]);
}
