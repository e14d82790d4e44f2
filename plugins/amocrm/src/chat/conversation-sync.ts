import type {
  Conversation,
  ConversationRepository,
  Message,
  MessageRepository,
} from "@crmessenger/kernel/communication";
import { and, type JobRun, type Jobs, type UnitOfWork, where } from "@crmessenger/kernel/infrastructure";
import type { AccountSetup } from "../connection/account-setup.ts";
import { ONLY, Provision } from "../jobs/definitions.ts";
import type { ChatLink, ChatLinks, ReadyChat } from "../links/chat-links.ts";
import type { DeliveryReporter } from "./delivery-reporter.ts";
import type { MessagePoster } from "./message-poster.ts";

/** Messages of one look into the database. */
const BATCH = 50;

/**
 * Tells amoCRM what happened in a conversation: its messages in order, then how far they came. Everything before the
 * cursor is in amoCRM; what is repeated after a crash amoCRM refuses by its id.
 */
export class ConversationSync {
  readonly #conversations: ConversationRepository;
  readonly #messages: MessageRepository;
  readonly #chats: ChatLinks;
  readonly #setup: AccountSetup;
  readonly #poster: MessagePoster;
  readonly #reporter: DeliveryReporter;
  readonly #jobs: Jobs;
  readonly #unitOfWork: UnitOfWork;

  constructor(parts: {
    conversations: ConversationRepository;
    messages: MessageRepository;
    chats: ChatLinks;
    setup: AccountSetup;
    poster: MessagePoster;
    reporter: DeliveryReporter;
    jobs: Jobs;
    unitOfWork: UnitOfWork;
  }) {
    this.#conversations = parts.conversations;
    this.#messages = parts.messages;
    this.#chats = parts.chats;
    this.#setup = parts.setup;
    this.#poster = parts.poster;
    this.#reporter = parts.reporter;
    this.#jobs = parts.jobs;
    this.#unitOfWork = parts.unitOfWork;
  }

  /** Does all there is to do for the conversation. */
  async run({ data, signal }: Pick<JobRun<{ conversationId: string }>, "data" | "signal">): Promise<void> {
    const conversation = await this.#conversations.get(data.conversationId);
    if (conversation === undefined) return;
    const link = await this.#chats.get(conversation.id);
    if (!isReady(link, conversation)) return this.#provision(conversation.id);
    const { scopeId } = await this.#setup.facts();
    const { chatId, statuses } = await this.#postMessages(conversation, link, { scopeId, signal });
    await this.#reporter.report({ conversationId: conversation.id, scopeId, chatId }, statuses);
    if (link.waiting !== null)
      await this.#chats.change(conversation.id, (one) => ({ ...one, waiting: null, reason: "" }));
  }

  async #provision(conversationId: string): Promise<void> {
    await this.#unitOfWork.run(async () => {
      await this.#chats.change(conversationId, (link) => ({ ...link, waiting: "provision", reason: "" }));
      await this.#jobs.enqueue(Provision, { failures: 0 }, { key: ONLY });
    });
  }

  async #postMessages(
    conversation: Conversation,
    link: ReadyChat,
    run: { readonly scopeId: string; readonly signal: AbortSignal },
  ): Promise<ReadyChat> {
    let at = link;
    for (;;) {
      const messages = await this.#after(conversation.id, at.cursor);
      if (messages.length === 0) return at;
      at = await this.#postBatch(conversation, at, { messages, ...run });
      if (messages.length < BATCH) return at;
    }
  }

  /** Posts messages one by one; what was done is kept, however far it came. */
  async #postBatch(
    conversation: Conversation,
    link: ReadyChat,
    run: { readonly scopeId: string; readonly signal: AbortSignal; readonly messages: readonly Message[] },
  ): Promise<ReadyChat> {
    let at = link;
    try {
      for (const [index, message] of run.messages.entries()) {
        run.signal.throwIfAborted();
        const isLast = index === run.messages.length - 1;
        const lastMsec = await this.#poster.post(message, { conversation, link: at, scopeId: run.scopeId, isLast });
        at = { ...at, cursor: message.ordinal, lastMsec };
      }
    } finally {
      if (at !== link) at = await this.#advance(conversation.id, at);
    }
    return at;
  }

  async #advance(conversationId: string, { cursor, lastMsec, chatId }: ReadyChat): Promise<ReadyChat> {
    const stored = await this.#chats.change(conversationId, (link) => ({
      ...link,
      cursor: Math.max(link.cursor, cursor),
      lastMsec: Math.max(link.lastMsec, lastMsec),
    }));
    return { ...stored, chatId };
  }

  async #after(conversationId: string, cursor: number): Promise<readonly Message[]> {
    const criteria = and(where<Message>("conversationId").eq(conversationId), where<Message>("ordinal").gt(cursor));
    const page = { limit: BATCH, sort: [{ field: "ordinal", direction: "asc" as const }] };
    return (await this.#messages.find(criteria, page)).items;
  }
}

/** Whether the chat stands for the contact and the lead that the conversation has now. */
function isReady(link: ChatLink, { contactId, leadId }: Conversation): link is ReadyChat {
  return link.chatId !== null && link.contactId === contactId && link.leadId === leadId;
}
