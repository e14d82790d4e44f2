import type { CrmMessage, CrmSaveResult } from "@crmessenger/kernel/sales";
import type { AccountSetup } from "../connection/account-setup.ts";
import type { AccountFacts } from "../links/account-facts.ts";
import type { ChatLinks, ReadyChat } from "../links/chat-links.ts";
import type { EntityLink, EntityLinks } from "../links/entity-links.ts";
import type { ChatWriter } from "./chat-writer.ts";
import { deferralOf } from "./deferral.ts";
import { toChatPayloads } from "./to-chat-payloads.ts";

/** Shows messages of the application in amoCRM's chats. */
export class MessageShower {
  readonly #writer: ChatWriter;
  readonly #chats: ChatLinks;
  readonly #links: EntityLinks;
  readonly #setup: AccountSetup;

  constructor(parts: { writer: ChatWriter; chats: ChatLinks; links: EntityLinks; setup: AccountSetup }) {
    this.#writer = parts.writer;
    this.#chats = parts.chats;
    this.#links = parts.links;
    this.#setup = parts.setup;
  }

  /** As `CrmProvider.post`: what follows a message that is put off is put off as well. */
  async post(messages: readonly CrmMessage[]): Promise<readonly CrmSaveResult[]> {
    const results: CrmSaveResult[] = [];
    let putOff: CrmSaveResult | undefined;
    for (const message of messages) {
      try {
        results.push(putOff ?? (await this.#postOne(message)));
      } catch (error) {
        putOff = deferralOf(error);
        results.push(putOff);
      }
    }
    return results;
  }

  async #postOne(message: CrmMessage): Promise<CrmSaveResult> {
    const contact = await this.#links.get("contact", message.contactId);
    if (contact?.state !== "linked") {
      return { outcome: "rejected", reason: `amoCRM has no contact ${message.contactId}: save it first.` };
    }
    const facts = await this.#setup.facts();
    const link = await this.#ready(message.conversationId, contact, facts);
    // amoCRM shows a chat by time: what comes later must not look older, whatever the clocks say.
    const first = Math.max(Date.parse(message.sentAt), link.lastMsec + 1);
    const payloads = toChatPayloads(message, {
      firstMsec: first,
      clientName: contact.amo.name,
      authorId: facts.authorId,
    });
    let externalId: string | undefined;
    for (const payload of payloads) {
      const added = await this.#writer.add({ scopeId: facts.scopeId, chatId: link.chatId }, payload);
      if ("refusal" in added) return { outcome: "rejected", reason: added.refusal.message };
      externalId ??= added.amoId;
    }
    const lastMsec = first + payloads.length - 1;
    await this.#chats.change(message.conversationId, (one) => ({ ...one, lastMsec: Math.max(one.lastMsec, lastMsec) }));
    return { outcome: "accepted", externalId: externalId ?? "" };
  }

  /** The conversation's chat, which is made and bound to the contact where it is not. */
  async #ready(conversationId: string, contact: EntityLink, { scopeId }: AccountFacts): Promise<ReadyChat> {
    const link = await this.#chats.get(conversationId);
    const { amoId: amoContactId, ourId: contactId } = contact;
    if (link.chatId !== null && link.amoContactId === amoContactId) return { ...link, chatId: link.chatId };
    const user = { id: contactId, name: contact.amo.name };
    const chatId =
      link.chatId ?? (await this.#writer.create(scopeId, { conversationId, sourceExternalId: undefined, user }));
    if (amoContactId !== null) await this.#writer.bind([{ conversationId, chatId, amoContactId }]);
    const ready = await this.#chats.change(conversationId, (one) => ({ ...one, chatId, contactId, amoContactId }));
    return { ...ready, chatId };
  }
}
