import type { Clock, Jobs, Logger } from "@crmessenger/kernel/infrastructure";
import { toCrmError } from "@crmessenger/kernel";
import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { AnswerBox } from "../answers/answer-box.ts";
import type { Connection } from "../connection/connection.ts";
import { ONLY, PullEntities, Reconcile, TakeAnswers } from "../jobs/definitions.ts";
import type { AccountBook } from "../links/account-facts.ts";
import type { ChatLinks } from "../links/chat-links.ts";
import type { MessageLinks } from "../links/message-links.ts";

/** Events of the last minutes before the cursor are looked at again: they may appear late. */
const OVERLAP_S = 2 * 60;
const MOST_PAGES = 50;
/** Contacts and leads are looked at every so many rounds. */
const PULL_EVERY = 6;

const message = z.object({ message: z.object({ id: z.string() }) });
const event = z.object({
  entity_type: z.string(),
  entity_id: z.number(),
  created_at: z.number(),
  /** The contact of a message's talk, when the event is shown with the talk's lead. */
  linked_talk_contact_id: z.number().optional(),
  value_after: z.array(message).catch([]),
});
const events = z.object({
  _links: z.object({ next: z.object({ href: z.string() }).optional() }).optional(),
  _embedded: z.object({ events: z.array(event) }),
});
type ChatEvent = z.infer<typeof event>;

/**
 * Finds what amoCRM's hooks failed to tell, while we were down or because they are sent once: the account's event
 * feed names the messages that left it, and a chat with one that we never heard of is read.
 */
export class Reconciler {
  readonly #rest: RestApi;
  readonly #book: AccountBook;
  readonly #chats: ChatLinks;
  readonly #answers: AnswerBox;
  readonly #messages: MessageLinks;
  readonly #connection: Connection;
  readonly #jobs: Jobs;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #everyMs: number;
  #pulledAt = 0;

  constructor(parts: {
    rest: RestApi;
    book: AccountBook;
    chats: ChatLinks;
    answers: AnswerBox;
    messages: MessageLinks;
    connection: Connection;
    jobs: Jobs;
    clock: Clock;
    logger: Logger;
    everyMs: number;
  }) {
    this.#rest = parts.rest;
    this.#book = parts.book;
    this.#chats = parts.chats;
    this.#answers = parts.answers;
    this.#messages = parts.messages;
    this.#connection = parts.connection;
    this.#jobs = parts.jobs;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#everyMs = parts.everyMs;
  }

  /** Looks once and sees to it that the next look comes. */
  async run(): Promise<void> {
    try {
      const { state } = await this.#connection.refresh();
      if (state === "connected") {
        await this.#readEvents();
        await this.#pullNowAndThen();
      }
    } catch (error) {
      const failure = toCrmError(error);
      this.#logger[failure.retryable ? "info" : "error"](`amoCRM can't be reconciled with now: ${failure.message}`);
    } finally {
      const runAt = new Date(this.#clock.now() + this.#everyMs).toISOString();
      await this.#jobs.enqueue(Reconcile, { failures: 0 }, { key: ONLY, runAt });
    }
  }

  /** Changes of contacts and leads are told by a webhook that is repeated; looking is for what gets lost all the same. */
  async #pullNowAndThen(): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#pulledAt < this.#everyMs * PULL_EVERY) return;
    this.#pulledAt = now;
    for (const kind of ["lead", "contact"] as const) {
      await this.#jobs.enqueue(PullEntities, { kind, failures: 0 }, { key: kind });
    }
  }

  async #readEvents(): Promise<void> {
    const since = await this.#book.cursor("events");
    if (since === undefined) {
      await this.#book.setCursor("events", Math.floor(this.#clock.now() / 1000));
      return;
    }
    const found = await this.#eventsSince(since - OVERLAP_S);
    const contactIds = await this.#contactsWithNews(found);
    for (const { value } of await this.#chats.ofAmoContacts(contactIds)) {
      if (value.chatId === null) continue;
      await this.#jobs.enqueue(TakeAnswers, { chatId: value.chatId, failures: 0 }, { key: value.chatId });
    }
    const upTo = Math.max(since, ...found.map(({ created_at: at }) => at));
    if (upTo > since) await this.#book.setCursor("events", upTo);
  }

  async #eventsSince(since: number): Promise<ChatEvent[]> {
    const found: ChatEvent[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const query = `filter[type]=outgoing_chat_message&filter[created_at][from]=${since}&limit=100&page=${page}`;
      const list = await this.#rest.get(`events?${query}`, events);
      found.push(...(list?._embedded.events ?? []));
      if (list?._links?.next === undefined) break;
    }
    return found;
  }

  /** Contacts with an outgoing message that neither we posted nor a hook told of. */
  async #contactsWithNews(found: readonly ChatEvent[]): Promise<number[]> {
    const contacts = new Set<number>();
    for (let at = 0; at < found.length; at += 100) {
      const part = found.slice(at, at + 100);
      const ids = part.flatMap((one) => one.value_after.map(({ message: { id } }) => id));
      const [told, posted] = [await this.#answers.getMany(ids), await this.#messages.known(ids)];
      for (const one of part) {
        const isNews = one.value_after.some(({ message: { id } }) => !told.has(id) && !posted.has(id));
        const contactId = one.linked_talk_contact_id ?? (one.entity_type === "contact" ? one.entity_id : undefined);
        if (isNews && contactId !== undefined) contacts.add(contactId);
      }
    }
    return [...contacts];
  }
}
