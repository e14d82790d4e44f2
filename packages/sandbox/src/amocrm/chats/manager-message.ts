import { randomUUID } from "node:crypto";
import type { UserRecord } from "../world/records.ts";
import type { ChatsParts } from "./chats-api.ts";
import type { ChatMessage, ChatRecord, MessageType } from "./chat-records.ts";
import type { FileToAttach } from "./media-store.ts";

/** A file of a manager's message. */
export interface ManagerFile extends FileToAttach {
  /** How it is shown; by its MIME type when absent. */
  readonly type?: MessageType;
}

/** What a manager types into a chat. */
export interface ManagerText {
  readonly text: string;
  readonly media?: ManagerFile | readonly ManagerFile[];
  /** amoCRM's id of the message that is answered. */
  readonly replyTo?: string;
}

/** Puts what a manager typed into a chat: one message, or one for each of several files. */
export function typeMessage(parts: ChatsParts, chat: ChatRecord, user: UserRecord, typed: ManagerText): ChatMessage[] {
  const files = typed.media === undefined ? [] : [typed.media].flat();
  const groupId = files.length > 1 ? randomUUID() : undefined;
  const pieces = files.length === 0 ? [undefined] : files;
  return pieces.map((file, index) => {
    const last = chat.messages.at(-1);
    const message = parts.chats.addMessage({
      chat,
      clientId: undefined,
      direction: "out",
      author: { kind: "manager", id: user.amojoId, clientId: undefined, name: user.name },
      type: file === undefined ? "text" : (file.type ?? typeOf(file)),
      // The text goes with the first file, as amoCRM sends it.
      text: index === 0 ? typed.text : "",
      media: file === undefined ? undefined : parts.media.attach(file, parts.baseUrl(), groupId),
      extra: {},
      replyTo: typed.replyTo === undefined ? undefined : parts.chats.message(typed.replyTo),
      silent: false,
      msecTimestamp: Math.max(parts.world.clock.now(), (last?.msecTimestamp ?? 0) + 1),
    });
    if (chat.contactId !== undefined) {
      parts.world.log("outgoing_chat_message", { type: "contact", id: chat.contactId }, user.id, {
        after: { message: { id: message.id } },
      });
    }
    parts.world.publish([{ entity: "message", action: "add", id: message.id }]);
    return message;
  });
}

function typeOf(file: ManagerFile): MessageType {
  const kind = file.contentType?.split("/")[0];
  if (kind === "image") return "picture";
  return kind === "video" || kind === "audio" ? kind : "file";
}
