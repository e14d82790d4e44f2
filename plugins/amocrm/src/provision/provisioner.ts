import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { JobRun, Jobs, Logger, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { refusedValues } from "../api/errors.ts";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountSetup } from "../connection/account-setup.ts";
import { PushEntity, SyncConversation } from "../jobs/definitions.ts";
import type { AccountBook } from "../links/account-facts.ts";
import type { ChatLink, ChatLinks } from "../links/chat-links.ts";
import { type EntityLink, type EntityLinks, linkKey } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import type { ChatWriter } from "../provider/chat-writer.ts";
import type { EntityMaker } from "./entity-maker.ts";
import { type CaseSources, loadCases, type ProvisionCase } from "./load-cases.ts";
import { ensureSources, sourceExternalId } from "./sources.ts";
import { amoName, isClosedLead } from "./to-amo-entity.ts";

/** Conversations of one round: as many as amoCRM takes in one request. */
const ROUND = 50;
/** Chats that are created side by side; that API is not limited. */
const SIDE_BY_SIDE = 8;

/** A case whose entities amoCRM has. */
interface Placed {
  readonly one: ProvisionCase;
  readonly before: ChatLink;
  readonly amoContactId: number;
  chatId: string;
}

/**
 * Makes for conversations what must be there before their first message: contact, lead with its source, chat, and
 * the chat's binding to the contact. A chat that came first would make amoCRM invent a contact and a lead of its own.
 */
export class Provisioner {
  readonly #rest: RestApi;
  readonly #chatWriter: ChatWriter;
  readonly #setup: AccountSetup;
  readonly #book: AccountBook;
  readonly #chats: ChatLinks;
  readonly #links: EntityLinks;
  readonly #maker: EntityMaker;
  readonly #sources: CaseSources;
  readonly #jobs: Jobs;
  readonly #unitOfWork: UnitOfWork;
  readonly #options: AmoCrmOptions;
  readonly #logger: Logger;

  constructor(parts: {
    rest: RestApi;
    chatWriter: ChatWriter;
    setup: AccountSetup;
    book: AccountBook;
    chats: ChatLinks;
    links: EntityLinks;
    maker: EntityMaker;
    sources: CaseSources;
    jobs: Jobs;
    unitOfWork: UnitOfWork;
    options: AmoCrmOptions;
    logger: Logger;
  }) {
    this.#rest = parts.rest;
    this.#chatWriter = parts.chatWriter;
    this.#setup = parts.setup;
    this.#book = parts.book;
    this.#chats = parts.chats;
    this.#links = parts.links;
    this.#maker = parts.maker;
    this.#sources = parts.sources;
    this.#jobs = parts.jobs;
    this.#unitOfWork = parts.unitOfWork;
    this.#options = parts.options;
    this.#logger = parts.logger;
  }

  /** Does all there is to do. */
  async run({ signal }: Pick<JobRun, "signal">): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const waiting = await this.#chats.waitingFor("provision", ROUND);
      if (waiting.length === 0) return;
      const settled = await this.#round(waiting.map(({ key }) => key));
      if (settled === 0) throw noProgress();
    }
  }

  /** Answers for how many conversations it is clear now what becomes of them. */
  async #round(conversationIds: readonly string[]): Promise<number> {
    const cases = await loadCases(this.#sources, conversationIds);
    const gone = conversationIds.filter((id) => !cases.some(({ conversation }) => conversation.id === id));
    for (const id of gone) await this.#refuse(id, "It is not there any more.");
    if (cases.length === 0) return gone.length;
    const facts = await this.#setup.facts();
    const accounts = new Map(cases.map(({ account }) => [account.id, account]));
    await ensureSources({ rest: this.#rest, book: this.#book }, [...accounts.values()]);
    const { links, refused } = await this.#maker.make({ facts, options: this.#options }, cases);
    await this.#pushWhatChanged(cases);
    for (const [conversationId, reason] of refused) await this.#refuse(conversationId, reason);
    const placed = await this.#place(cases, links);
    await this.#createChats(facts.scopeId, placed);
    return gone.length + refused.size + (await this.#bind(placed));
  }

  /** What changed while it was being made was made as it had been, and what is closed was made open. */
  async #pushWhatChanged(cases: readonly ProvisionCase[]): Promise<void> {
    const before = new Map(
      cases
        .flatMap(({ contact, lead }) => [contact, ...(lead === undefined ? [] : [lead])])
        .map((one) => [one.id, one.version]),
    );
    const closed = new Set(
      cases.flatMap(({ lead }) => (lead !== undefined && isClosedLead(this.#options, lead) ? [lead.id] : [])),
    );
    const ids = [...before.keys()];
    const [contacts, leads] = [await this.#sources.contacts.getMany(ids), await this.#sources.leads.getMany(ids)];
    for (const [kind, records] of [["contact", contacts] as const, ["lead", leads] as const]) {
      for (const { id, version } of records) {
        if (version === before.get(id) && !closed.has(id)) continue;
        await this.#jobs.enqueue(PushEntity, { kind, id, failures: 0 }, { key: `${kind}:${id}` });
      }
    }
  }

  async #place(cases: readonly ProvisionCase[], links: ReadonlyMap<string, EntityLink>): Promise<Placed[]> {
    const placed: Placed[] = [];
    for (const one of cases) {
      const amoContactId = links.get(linkKey("contact", one.contact.id))?.amoId ?? null;
      const leadReady = one.lead === undefined || links.get(linkKey("lead", one.lead.id))?.state === "linked";
      if (amoContactId === null || !leadReady) continue;
      const before = await this.#chats.get(one.conversation.id);
      placed.push({ one, before, amoContactId, chatId: before.chatId ?? "" });
    }
    return placed;
  }

  async #createChats(scopeId: string, placed: readonly Placed[]): Promise<void> {
    const fresh = placed.filter(({ chatId }) => chatId === "");
    for (let at = 0; at < fresh.length; at += SIDE_BY_SIDE) {
      const outcomes = await Promise.allSettled(
        fresh.slice(at, at + SIDE_BY_SIDE).map(async (chat) => {
          chat.chatId = await this.#createChat(scopeId, chat.one);
        }),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    }
  }

  #createChat(scopeId: string, { conversation, contact, identities, account }: ProvisionCase): Promise<string> {
    const valueOf = (kind: string): string | undefined => identities.find((one) => one.kind === kind)?.value;
    return this.#chatWriter.create(scopeId, {
      conversationId: conversation.id,
      sourceExternalId: sourceExternalId(account.id),
      user: { id: contact.id, name: amoName(contact.name), phone: valueOf("phone"), email: valueOf("email") },
    });
  }

  /** Binds chats to contacts in one request and lets their messages go. Answers how many may go. */
  async #bind(placed: readonly Placed[]): Promise<number> {
    const unbound = placed.filter(({ before, amoContactId }) => before.amoContactId !== amoContactId);
    const bound = unbound.length === 0 || (await this.#bindAll(unbound));
    const free = bound ? placed : placed.filter((chat) => !unbound.includes(chat));
    for (const chat of free) await this.#release(chat);
    return free.length;
  }

  /** False when amoCRM has lost a contact or a chat: that one is made anew, and all come again in the next round. */
  async #bindAll(unbound: readonly Placed[]): Promise<boolean> {
    const chats = unbound.map(({ one, chatId, amoContactId }) => ({
      conversationId: one.conversation.id,
      chatId,
      amoContactId,
    }));
    try {
      await this.#chatWriter.bind(chats);
      return true;
    } catch (error) {
      if (!isCrmError(error, "CRM_AMOCRM_REFUSED") || refusedValues(error).length === 0) throw error;
      for (const { requestId, path } of refusedValues(error)) {
        const chat = unbound.find(({ one }) => one.conversation.id === requestId);
        if (chat === undefined) throw error;
        this.#logger.warn(`amoCRM has lost the ${path} of a conversation; it is made anew.`, {
          conversation: requestId,
        });
        if (path === "chat_id") await this.#chats.change(requestId, (link) => ({ ...link, chatId: null }));
        else await this.#forgetContact(chat.one.contact.id);
      }
      return false;
    }
  }

  async #forgetContact(contactId: string): Promise<void> {
    const link = await this.#links.get("contact", contactId);
    if (link !== undefined) await this.#links.forget([link]);
  }

  async #release({ one, chatId, amoContactId }: Placed): Promise<void> {
    const { id, contactId, leadId } = one.conversation;
    await this.#unitOfWork.run(async () => {
      const ready = { chatId, contactId, leadId, amoContactId, waiting: null, reason: "" };
      await this.#chats.change(id, (link) => ({ ...link, ...ready }));
      await this.#jobs.enqueue(SyncConversation, { conversationId: id, failures: 0 }, { key: id });
    });
  }

  async #refuse(conversationId: string, reason: string): Promise<void> {
    await this.#chats.change(conversationId, (link) => ({ ...link, waiting: "refused", reason }));
  }
}

/** Something was put right on the way and the next round will show: it comes after a pause, not at once. */
function noProgress(): CrmError {
  return new CrmError("CRM_AMOCRM_NO_PROGRESS", "amoCRM has lost something that is made anew.", { retryable: true });
}
