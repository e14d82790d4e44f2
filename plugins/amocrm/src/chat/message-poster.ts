import type { Conversation, Message, MessageRepository } from "@crmessenger/kernel/communication";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import type { ContactRepository } from "@crmessenger/kernel/sales";
import type { AccountSetup } from "../connection/account-setup.ts";
import type { ReadyChat } from "../links/chat-links.ts";
import type { MessageLinks } from "../links/message-links.ts";
import type { AnswerBox } from "../answers/answer-box.ts";
import { ORIGIN_SYSTEM } from "../answers/origin.ts";
import { amoName } from "../provision/to-amo-entity.ts";
import type { ChatWriter } from "../provider/chat-writer.ts";
import { sourceExternalId } from "../provision/sources.ts";
import type { MediaLinks } from "./media-links.ts";
import { type AmoMessage, toAmoMessages } from "./to-amo-message.ts";

/** Older messages are history: amoCRM is not to notify anybody of them. */
const HISTORY_AFTER_MS = 60 * 60_000;

/** Where a message goes. */
export interface Posting {
  readonly conversation: Conversation;
  readonly link: ReadyChat;
  readonly scopeId: string;
  /** Whether it is the newest there is. */
  readonly isLast: boolean;
}

/** Puts messages into amoCRM's chats, each once. */
export class MessagePoster {
  readonly #chatWriter: ChatWriter;
  readonly #setup: AccountSetup;
  readonly #messages: MessageRepository;
  readonly #contacts: ContactRepository;
  readonly #messageLinks: MessageLinks;
  readonly #answers: AnswerBox;
  readonly #media: MediaLinks;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(parts: {
    chatWriter: ChatWriter;
    setup: AccountSetup;
    messages: MessageRepository;
    contacts: ContactRepository;
    messageLinks: MessageLinks;
    answers: AnswerBox;
    media: MediaLinks;
    clock: Clock;
    logger: Logger;
  }) {
    this.#chatWriter = parts.chatWriter;
    this.#setup = parts.setup;
    this.#messages = parts.messages;
    this.#contacts = parts.contacts;
    this.#messageLinks = parts.messageLinks;
    this.#answers = parts.answers;
    this.#media = parts.media;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Posts a message, unless amoCRM is where it was written. Answers the time that the next one comes after. */
  async post(message: Message, to: Posting): Promise<number> {
    if (message.origin?.system === ORIGIN_SYSTEM) {
      const written = await this.#answers.writtenAt(message.origin.id);
      return Math.max(to.link.lastMsec, written ?? 0);
    }
    let { lastMsec } = to.link;
    for (const piece of toAmoMessages(message, (file) => this.#media.addressOf(file))) {
      // amoCRM shows a chat by time: what comes later must not look older, whatever the providers' clocks say.
      lastMsec = Math.max(Date.parse(message.sentAt), lastMsec + 1);
      await this.#postPiece(message, piece, { to, lastMsec });
    }
    return lastMsec;
  }

  async #postPiece(message: Message, piece: AmoMessage, at: { to: Posting; lastMsec: number }): Promise<void> {
    const { scopeId, link } = at.to;
    const added = await this.#chatWriter.add({ scopeId, chatId: link.chatId }, await this.#payload(message, piece, at));
    if ("amoId" in added) return this.#remember(message, piece, added.amoId);
    const fields = { message: message.id, conversation: message.conversationId };
    this.#logger.error(`amoCRM takes no message like this one, so its chat lacks it: ${added.refusal.message}`, fields);
  }

  /** Statuses of messages that we send are told under amoCRM's id. */
  async #remember(message: Message, piece: AmoMessage, amoId: string): Promise<void> {
    if (message.direction !== "outbound" || piece.msgid !== message.id) return;
    await this.#messageLinks.put(message.id, { amoId, conversationId: message.conversationId });
  }

  async #payload(
    message: Message,
    piece: AmoMessage,
    at: { to: Posting; lastMsec: number },
  ): Promise<Record<string, unknown> & { msgid: string }> {
    const { conversation, isLast } = at.to;
    const quoted = message.replyToId === null ? undefined : await this.#messages.get(message.replyToId);
    const isOld = this.#clock.now() - Date.parse(message.sentAt) > HISTORY_AFTER_MS && !isLast;
    const people =
      message.direction === "inbound"
        ? { sender: { id: conversation.contactId, name: amoName(message.author.name) } }
        : { sender: await this.#author(message), receiver: await this.#client(conversation.contactId) };
    return {
      timestamp: Math.floor(at.lastMsec / 1000),
      msec_timestamp: at.lastMsec,
      msgid: piece.msgid,
      conversation_id: conversation.id,
      ...people,
      message: piece.message,
      ...(quoted === undefined ? {} : { reply_to: { message: quotedBy(quoted) } }),
      source: { external_id: sourceExternalId(conversation.channelAccountId) },
      silent: message.direction === "outbound" || isOld,
    };
  }

  async #author(message: Message): Promise<Readonly<Record<string, unknown>>> {
    const { authorId } = await this.#setup.facts();
    return { id: `${message.author.kind}:${message.author.id}`, name: amoName(message.author.name), ref_id: authorId };
  }

  /** Phone and e-mail came with the chat. */
  async #client(contactId: string): Promise<Readonly<Record<string, unknown>>> {
    const contact = await this.#contacts.get(contactId);
    return { id: contactId, name: amoName(contact?.name ?? "") };
  }
}

function quotedBy({ id, origin }: Message): Readonly<Record<string, string>> {
  return origin?.system === ORIGIN_SYSTEM ? { id: origin.id } : { msgid: id };
}
