import type { ChatMessage } from "./chat-records.ts";
import { clientOf, renderMedia } from "./history.ts";

/** Body of the hook (v2) about a message typed in amoCRM. */
export function renderChatHook(message: ChatMessage, at: { readonly now: number; readonly baseUrl: string }): unknown {
  const { chat } = message;
  return {
    account_id: chat.scope.scopeId.slice(37),
    time: Math.floor(at.now / 1000),
    message: {
      receiver: {
        id: chat.client.id,
        phone: chat.client.phone,
        email: chat.client.email,
        ...(chat.client.name === "" ? {} : { name: chat.client.name }),
        ...(chat.client.clientId === undefined ? {} : { client_id: chat.client.clientId }),
      },
      sender: { id: message.author.id, name: message.author.name },
      conversation: { id: chat.id, ...(chat.clientId === undefined ? {} : { client_id: chat.clientId }) },
      ...(chat.sourceExternalId === undefined ? {} : { source: { external_id: chat.sourceExternalId } }),
      timestamp: Math.floor(message.msecTimestamp / 1000),
      msec_timestamp: message.msecTimestamp,
      message: {
        id: message.id,
        type: message.type,
        text: message.text,
        markup: null,
        tag: "",
        ...renderMedia(message, at.baseUrl),
        ...(message.replyTo === undefined ? {} : { reply_to: { message: renderQuoted(message.replyTo) } }),
      },
    },
  };
}

/** Body of the hook of version 1, which amoCRM keeps for old channels: flat and without a time. */
export function renderOldChatHook(message: ChatMessage, baseUrl: string): unknown {
  return {
    receiver: message.chat.client.id,
    conversation_id: message.chat.clientId ?? "",
    msec_timestamp: message.msecTimestamp,
    type: message.type,
    text: message.text,
    ...renderMedia(message, baseUrl),
  };
}

function renderQuoted(message: ChatMessage): unknown {
  return {
    id: message.id,
    ...(message.clientId === undefined ? {} : { msgid: message.clientId }),
    type: message.type,
    text: message.text,
    timestamp: Math.floor(message.msecTimestamp / 1000),
    msec_timestamp: message.msecTimestamp,
    sender: message.direction === "in" ? clientOf(message.chat) : { id: message.author.id, name: message.author.name },
  };
}
