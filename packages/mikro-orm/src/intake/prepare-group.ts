import { type TransformHook, runWithContext } from "@crmessenger/kernel";
import type { InboundReceipt } from "@crmessenger/kernel/communication";
import type { Clock, EventDispatcher, Ids, NewRecord } from "@crmessenger/kernel/infrastructure";
import type { Contact, Lead } from "@crmessenger/kernel/sales";
import { GroupRows } from "./group-rows.ts";
import type { Member } from "./member.ts";
import {
  type Placing,
  addContact,
  addIdentities,
  addLead,
  addMessage,
  announceConversations,
} from "./place-message.ts";
import type { GroupKnowledge } from "./read-group.ts";

export interface PrepareServices {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dispatcher: EventDispatcher;
  readonly contactDraft: TransformHook<NewRecord<Contact>>;
  readonly leadDraft: TransformHook<NewRecord<Lead>>;
}

/** A group ready to be written, and what to tell each member once it is. */
export interface PreparedGroup {
  /** The time of everything in it. */
  readonly at: string;
  readonly rows: GroupRows;
  readonly receipts: ReadonlyMap<Member, InboundReceipt>;
  /** Members that left the group. */
  readonly refused: ReadonlyMap<Member, unknown>;
}

/**
 * Turns messages into rows, one after another: later members see what earlier ones made. A member whose hooks fail
 * has changed nothing yet and leaves; the rest go on.
 */
export async function prepareGroup(
  services: PrepareServices,
  members: readonly Member[],
  knowledge: GroupKnowledge,
): Promise<PreparedGroup> {
  const rows = new GroupRows();
  const receipts = new Map<Member, InboundReceipt>();
  const refused = new Map<Member, unknown>();
  const placing: Placing = {
    ...services,
    rows,
    knowledge,
    openers: new Map(),
    leads: new Map(),
    at: new Date(services.clock.now()).toISOString(),
  };
  for (const member of members) {
    const earlier = earlierReceipt(knowledge, member);
    if (earlier) {
      receipts.set(member, earlier);
      continue;
    }
    try {
      const drafts = draftsFor(placing, member);
      // Most messages create nothing besides themselves, and then nothing is awaited.
      const settled = drafts && (await runWithContext(member.context, () => settleDrafts(services, drafts)));
      receipts.set(
        member,
        runWithContext(member.context, () => place(placing, member, settled)),
      );
    } catch (error) {
      refused.set(member, error);
    }
  }
  announceConversations(placing);
  return { at: placing.at, rows, receipts, refused };
}

/** The message has been received: before, or by an attempt of ours whose outcome was unknown. */
function earlierReceipt(knowledge: GroupKnowledge, { messageKey, messageId }: Member): InboundReceipt | undefined {
  const known = knowledge.messages.get(messageKey);
  return known && { ...known, leadId: known.leadId ?? "", duplicate: known.messageId !== messageId };
}

/** Who wrote, and the open lead it belongs to, as far as they exist. */
interface Belonging {
  readonly contactId: string | undefined;
  readonly leadId: string | undefined;
}

interface Drafts {
  readonly contact: NewRecord<Contact> | undefined;
  readonly lead: NewRecord<Lead>;
}

function belongingOf({ knowledge, leads }: Placing, { conversationKey, identityKeys }: Member): Belonging {
  const person = identityKeys.map((key) => knowledge.people.get(key)).find((known) => known !== undefined);
  const known = knowledge.conversations.get(conversationKey) ?? person;
  return { contactId: known?.contactId, leadId: known?.leadId ?? (known && leads.get(known.contactId)) };
}

/** Drafts of what this message creates besides itself; undefined when there is nothing. */
function draftsFor(placing: Placing, member: Member): Drafts | undefined {
  const { message } = member;
  const { contactId, leadId } = belongingOf(placing, member);
  if (leadId !== undefined) return undefined;
  const name = message.sender.name || (message.sender.identities[0]?.value ?? "");
  const contact: NewRecord<Contact> | undefined =
    contactId === undefined ? { id: placing.ids.next(), name, ownerId: null, attributes: {} } : undefined;
  const lead: NewRecord<Lead> = {
    id: placing.ids.next(),
    title: name,
    contactId: contactId ?? (contact?.id as string),
    status: "new",
    statusSince: placing.at,
    statusReason: null,
    source: { channel: message.channelType, channelAccountId: message.channelAccountId, ...message.source },
    ownerId: null,
    teamId: null,
    attributes: {},
  };
  return { contact, lead };
}

/** Whatever the hooks change, the ids stay. */
async function settleDrafts({ contactDraft, leadDraft }: PrepareServices, { contact, lead }: Drafts): Promise<Drafts> {
  const settledContact = contact && { ...(await contactDraft.apply(contact)), id: contact.id };
  return {
    contact: settledContact,
    lead: { ...(await leadDraft.apply(lead)), id: lead.id, contactId: lead.contactId },
  };
}

/** Adds the rows of one message. Nothing here can fail or wait. */
function place(placing: Placing, member: Member, drafts: Drafts | undefined): InboundReceipt {
  const belonging = belongingOf(placing, member);
  const contactId = belonging.contactId ?? (drafts?.contact?.id as string);
  const leadId = belonging.leadId ?? (drafts?.lead.id as string);
  if (drafts?.contact) addContact(placing, member, drafts.contact);
  if (drafts) addLead(placing, member, drafts.lead, drafts.contact === undefined);
  addIdentities(placing, member, { contactId, leadId });
  return addMessage(placing, member, { contactId, leadId, newLead: drafts?.lead });
}
