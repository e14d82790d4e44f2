import { CrmError } from "@crmessenger/kernel";
import type {
  Conversation,
  ConversationRepository,
  Message,
  MessageRepository,
} from "@crmessenger/kernel/communication";
import { and, type JobRun, where } from "@crmessenger/kernel/infrastructure";
import type { ContactRepository, LeadRepository } from "@crmessenger/kernel/sales";
import type { ChatLinks } from "../links/chat-links.ts";
import type { EntityLink, EntityLinks, LinkKind } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import type { RecordWriter } from "../provider/record-writer.ts";
import { amoName } from "../provision/to-amo-entity.ts";
import { amoStatusOf, isClosed } from "./status-map.ts";

const SOON_MS = 2_000;
/** Conversations of one lead: one on each account at most. */
const MOST_CHATS = 100;

/** Writes to amoCRM what changed here: a contact's name; a lead's title, status and who answers for it. */
export class EntityPusher {
  readonly #writer: RecordWriter;
  readonly #links: EntityLinks;
  readonly #contacts: ContactRepository;
  readonly #leads: LeadRepository;
  readonly #conversations: ConversationRepository;
  readonly #messages: MessageRepository;
  readonly #chats: ChatLinks;
  readonly #options: AmoCrmOptions;

  constructor(parts: {
    writer: RecordWriter;
    links: EntityLinks;
    contacts: ContactRepository;
    leads: LeadRepository;
    conversations: ConversationRepository;
    messages: MessageRepository;
    chats: ChatLinks;
    options: AmoCrmOptions;
  }) {
    this.#writer = parts.writer;
    this.#links = parts.links;
    this.#contacts = parts.contacts;
    this.#leads = parts.leads;
    this.#conversations = parts.conversations;
    this.#messages = parts.messages;
    this.#chats = parts.chats;
    this.#options = parts.options;
  }

  /** Brings amoCRM's side up to ours. What amoCRM changed itself is not touched. */
  async run({ data }: Pick<JobRun<{ kind: LinkKind; id: string }>, "data">): Promise<void> {
    const link = await this.#links.get(data.kind, data.id);
    if (link === undefined) return; // amoCRM gets it as it is then, with its first conversation
    if (link.amoId === null) throw beingMade();
    const next = data.kind === "contact" ? await this.#contactNow(link) : await this.#leadNow(link);
    if (next === undefined) return;
    if (isClosed(next.amo.statusId) && !isClosed(link.amo.statusId)) await this.#tellMessagesFirst(link.ourId);
    const body = changesOf(link, next);
    if (Object.keys(body).length > 0) {
      for (const { error } of (await this.#writer.update([{ link: next, body }])).values()) throw error;
    } else if (!isSame(link, next)) await this.#links.put([next]);
  }

  /**
   * A message to a contact whose leads are closed makes amoCRM open one of its own: what came while ours was open is
   * told before it is closed. What amoCRM refuses is not waited for.
   */
  async #tellMessagesFirst(leadId: string): Promise<void> {
    const { items } = await this.#conversations.find(where<Conversation>("leadId").eq(leadId), { limit: MOST_CHATS });
    for (const { id, messageCount } of items) {
      const { cursor, waiting } = await this.#chats.get(id);
      if (waiting === "refused" || cursor >= messageCount) continue;
      const untold = and(
        where<Message>("conversationId").eq(id),
        where<Message>("ordinal").gt(cursor),
        where<Message>("direction").eq("inbound"),
      );
      if ((await this.#messages.count(untold)) > 0) throw messagesFirst();
    }
  }

  async #contactNow(link: EntityLink): Promise<EntityLink | undefined> {
    const contact = await this.#contacts.get(link.ourId);
    if (contact === undefined) return undefined;
    const renamed = contact.name !== link.ours.name;
    return {
      ...link,
      ours: { ...link.ours, name: contact.name },
      amo: { ...link.amo, name: renamed ? amoName(contact.name) : link.amo.name },
    };
  }

  async #leadNow(link: EntityLink): Promise<EntityLink | undefined> {
    const lead = await this.#leads.get(link.ourId);
    if (lead === undefined) return undefined;
    const { amo, ours } = link;
    const statusId = amoStatusOf(this.#options, lead.status);
    const userId = lead.ownerId === null ? undefined : this.#options.users[lead.ownerId];
    return {
      ...link,
      ours: { name: lead.title, status: lead.status, ownerId: lead.ownerId },
      amo: {
        name: lead.title === ours.name ? amo.name : amoName(lead.title),
        statusId: lead.status === ours.status ? amo.statusId : (statusId ?? amo.statusId),
        responsibleUserId: lead.ownerId === ours.ownerId ? amo.responsibleUserId : (userId ?? amo.responsibleUserId),
      },
    };
  }
}

function changesOf({ amo: before }: EntityLink, { amo: after }: EntityLink): Readonly<Record<string, unknown>> {
  return {
    ...(after.name === before.name ? {} : { name: after.name }),
    ...(after.statusId === before.statusId || after.statusId === null ? {} : { status_id: after.statusId }),
    ...(after.responsibleUserId === before.responsibleUserId || after.responsibleUserId === null
      ? {}
      : { responsible_user_id: after.responsibleUserId }),
  };
}

function isSame(a: EntityLink, b: EntityLink): boolean {
  return JSON.stringify([a.ours, a.amo]) === JSON.stringify([b.ours, b.amo]);
}

function beingMade(): CrmError {
  return new CrmError("CRM_AMOCRM_BEING_MADE", "amoCRM is just being asked to create it.", {
    retryable: true,
    retryAfterMs: SOON_MS,
  });
}

function messagesFirst(): CrmError {
  return new CrmError("CRM_AMOCRM_MESSAGES_FIRST", "Messages that came before the lead was closed are told first.", {
    retryable: true,
    retryAfterMs: SOON_MS,
  });
}
