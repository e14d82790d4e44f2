import {
  type Collection,
  type Collections,
  type Criteria,
  type Stored,
  type UnitOfWork,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const pendingStatus = z.object({
  messageId: z.string(),
  /** amoCRM's id, for a message that was written there. */
  amoId: z.string().nullable(),
  status: z.enum(["delivered", "read", "failed"]),
  failure: z.string().nullable(),
});
/** A delivery status that amoCRM has not been told. */
export type PendingStatus = z.infer<typeof pendingStatus>;

const chatLink = z.object({
  /** amoCRM's id of the chat. */
  chatId: z.string().nullable(),
  /** Our contact and lead that the chat stands ready for, and amoCRM's contact that it is bound to. */
  contactId: z.string().nullable(),
  leadId: z.string().nullable(),
  amoContactId: z.number().int().nullable(),
  /** The ordinal of the last message that amoCRM has. */
  cursor: z.number().int(),
  /** The latest time of a message in amoCRM's chat, in milliseconds: later messages come after it. */
  lastMsec: z.number(),
  /** Up to which time amoCRM's history was read, in milliseconds. */
  readUpTo: z.number(),
  statuses: z.array(pendingStatus),
  /** Why it waits: for contact, lead and chat to be made; for another try; or amoCRM refused it. */
  waiting: z.enum(["provision", "retry", "refused"]).nullable(),
  reason: z.string(),
});
/** A conversation here and its chat in amoCRM. */
export type ChatLink = z.infer<typeof chatLink>;

/** A chat that is ready for messages. */
export type ReadyChat = ChatLink & { readonly chatId: string };

const ChatLinkDocuments = defineCollection("amocrm.chats", {
  schema: chatLink,
  indexes: ["waiting", "amoContactId", "chatId"],
});

const fresh: ChatLink = {
  chatId: null,
  contactId: null,
  leadId: null,
  amoContactId: null,
  cursor: 0,
  lastMsec: 0,
  readUpTo: 0,
  statuses: [],
  waiting: null,
  reason: "",
};

const PAGE = 500;

/** Which conversation is which of amoCRM's chats, and how far the two agree. Keyed by our conversation id. */
export class ChatLinks {
  readonly #documents: Collection<ChatLink>;
  readonly #unitOfWork: UnitOfWork;

  constructor(collections: Collections, unitOfWork: UnitOfWork) {
    this.#documents = collections.open(ChatLinkDocuments);
    this.#unitOfWork = unitOfWork;
  }

  async get(conversationId: string): Promise<ChatLink> {
    return (await this.#documents.get(conversationId))?.value ?? fresh;
  }

  /** Changes the link in one step that no other change can come between. `change` may run again. */
  async change(conversationId: string, change: (link: ChatLink) => ChatLink): Promise<ChatLink> {
    return this.#unitOfWork.run(async () => {
      const stored = await this.#documents.get(conversationId, { lock: true });
      const before = stored?.value ?? fresh;
      const after = change(before);
      if (after === before) return after;
      // The lock holds an existing document; of two that both insert, the later one finds the first.
      await this.#documents.put(conversationId, after, { expectedVersion: stored?.version ?? 0 });
      return after;
    });
  }

  /** Conversations that wait for this. */
  async waitingFor(waiting: NonNullable<ChatLink["waiting"]>, limit: number): Promise<readonly Stored<ChatLink>[]> {
    return (await this.#documents.find(where<ChatLink>("waiting").eq(waiting), { limit })).items;
  }

  /** Everything that waits for amoCRM, up to 500. */
  async backlog(): Promise<readonly Stored<ChatLink>[]> {
    const waits = where<ChatLink>("waiting").in(["provision", "retry"]);
    return (await this.#documents.find(waits, { limit: PAGE })).items;
  }

  /** The conversation of one of amoCRM's chats. */
  async ofChat(chatId: string): Promise<Stored<ChatLink> | undefined> {
    return this.#first(where<ChatLink>("chatId").eq(chatId));
  }

  /** The conversations whose chats are bound to these contacts of amoCRM. */
  async ofAmoContacts(amoContactIds: readonly number[]): Promise<readonly Stored<ChatLink>[]> {
    if (amoContactIds.length === 0) return [];
    return (await this.#documents.find(where<ChatLink>("amoContactId").in(amoContactIds), { limit: PAGE })).items;
  }

  async #first(criteria: Criteria): Promise<Stored<ChatLink> | undefined> {
    return (await this.#documents.find(criteria, { limit: 1 })).items[0];
  }
}
