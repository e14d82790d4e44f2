import type { ChatMessage, ChatRecord } from "./chat-records.ts";

/** Which part of a chat's history is asked for. */
export interface HistoryWindow {
  readonly offset: number;
  readonly limit: number;
  readonly baseUrl: string;
}

/** Messages of a chat as history shows them: newest first. */
export function historyPage(chat: ChatRecord, window: HistoryWindow): unknown[] {
  const end = Math.max(chat.messages.length - window.offset, 0);
  const start = Math.max(end - window.limit, 0);
  return chat.messages
    .slice(start, end)
    .reverse()
    .map((message) => renderHistoryMessage(message, window.baseUrl));
}

function renderHistoryMessage(message: ChatMessage, baseUrl: string): unknown {
  const client = clientOf(message.chat);
  const staff = { id: message.author.id, name: message.author.name, ...staffClientId(message) };
  return {
    timestamp: Math.floor(message.msecTimestamp / 1000),
    msec_timestamp: message.msecTimestamp,
    sender: message.direction === "in" ? client : staff,
    ...(message.direction === "in" ? {} : { receiver: client }),
    message: {
      id: message.id,
      ...(message.clientId === undefined ? {} : { client_id: message.clientId }),
      type: message.type,
      text: message.text,
      ...renderMedia(message, baseUrl),
    },
  };
}

/** The client of a chat as hooks and history show it; what is unknown is left out. */
export function clientOf(chat: ChatRecord): Record<string, string> {
  const { id, clientId, avatar, name, phone, email } = chat.client;
  const parts = { id, client_id: clientId ?? "", avatar, name, phone, email };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ""));
}

/** Media fields of a message as hooks and history show them: empty without media. */
export function renderMedia(message: ChatMessage, baseUrl: string): Record<string, unknown> {
  const { media } = message;
  if (media === undefined) return { media: "", thumbnail: "", file_name: "", file_size: 0 };
  const url = media.state === "stored" ? `${baseUrl}${media.path}` : media.url;
  return {
    media: url,
    thumbnail: message.type === "picture" || message.type === "video" ? url : "",
    file_name: media.fileName,
    file_size: media.fileSize,
    ...(media.groupId === undefined ? {} : { media_group_id: media.groupId }),
  };
}

function staffClientId(message: ChatMessage): { client_id?: string } {
  const { author } = message;
  return author.kind === "client" || author.clientId === undefined ? {} : { client_id: author.clientId };
}
