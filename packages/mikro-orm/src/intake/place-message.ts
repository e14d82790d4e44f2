import {
  type Conversation,
  ConversationOpened,
  type InboundReceipt,
  type Message,
  MessageReceived,
  previewOf,
} from "@crmessenger/kernel/communication";
import type { EventDispatcher, Ids, NewRecord } from "@crmessenger/kernel/infrastructure";
import { type Contact, ContactCreated, type Lead, LeadCreated } from "@crmessenger/kernel/sales";
import { runWithContext } from "@crmessenger/kernel";
import type { ConversationChange, GroupRows } from "./group-rows.ts";
import { type Member, externalKey } from "./member.ts";
import type { GroupKnowledge, KnownPerson } from "./read-group.ts";

/** What placing a message reads and adds to. Knowledge grows with what the group makes. */
export interface Placing {
  readonly ids: Ids;
  readonly dispatcher: EventDispatcher;
  readonly rows: GroupRows;
  readonly knowledge: GroupKnowledge;
  /** Leads that the group opens, by contact. */
  readonly leads: Map<string, string>;
  /** The members with whom conversations begin. */
  readonly openers: Map<ConversationChange, Member>;
  /** The time of the group. */
  readonly at: string;
}

/** Whose message it is and what it is about. */
interface Belonging {
  readonly contactId: string;
  readonly leadId: string;
  readonly newLead: NewRecord<Lead> | undefined;
}

export function addContact(placing: Placing, { context: { tenantId } }: Member, draft: NewRecord<Contact>): void {
  const { id, name, ownerId, attributes } = draft;
  placing.rows.contacts.push({ id, tenant: tenantId, name, owner: ownerId, attributes });
  const contact: Contact = { ...draft, ...recordFields(placing, tenantId) };
  placing.rows.addEvent(placing.dispatcher.envelope(ContactCreated, { type: "contact", id, version: 1 }, { contact }));
}

/** `known` says that the contact existed before the group, so that somebody else could open a lead for it meanwhile. */
export function addLead(
  placing: Placing,
  { context: { tenantId } }: Member,
  draft: NewRecord<Lead>,
  known: boolean,
): void {
  const { id, title, contactId, status, statusReason, source, ownerId, teamId, attributes } = draft;
  placing.leads.set(contactId, id);
  placing.rows.leads.push({
    id,
    tenant: tenantId,
    title,
    contact: contactId,
    known,
    status,
    reason: statusReason ?? undefined,
    source,
    owner: ownerId,
    team: teamId,
    attributes,
  });
  const lead: Lead = { ...draft, statusSince: placing.at, ...recordFields(placing, tenantId) };
  placing.rows.addEvent(placing.dispatcher.envelope(LeadCreated, { type: "lead", id, version: 1 }, { lead }));
}

/** Claims that are new become identities of the contact. Those that were known by an alias stay as they are. */
export function addIdentities(placing: Placing, { message, context, identityKeys }: Member, person: KnownPerson): void {
  const { people } = placing.knowledge;
  for (const [index, key] of identityKeys.entries()) {
    if (people.has(key)) continue;
    const { kind, value, verified } = message.sender.identities[index] as (typeof message.sender.identities)[number];
    placing.rows.identities.push({
      id: placing.ids.next(),
      tenant: context.tenantId,
      contact: person.contactId,
      kind,
      value,
      verified,
    });
    people.set(key, person);
  }
}

export function addMessage(placing: Placing, member: Member, belonging: Belonging): InboundReceipt {
  const change = conversationFor(placing, member, belonging);
  const { message, messageId } = member;
  change.added += 1;
  if (message.sentAt > change.last) change.last = message.sentAt;
  placing.rows.messages.push(messageRow(placing, member, change));
  const { contactId, leadId } = belonging;
  const receipt: InboundReceipt = { messageId, conversationId: change.id, contactId, leadId, duplicate: false };
  placing.knowledge.messages.set(member.messageKey, receipt);
  return receipt;
}

/** One event for each conversation that began: as it is at the end of the group. */
export function announceConversations({ rows, openers, dispatcher, ...placing }: Placing): void {
  for (const [change, { context }] of openers) {
    const { id, account, type, external, contact, lead, owner, team, added, last } = change;
    const conversation: Conversation = {
      id,
      channelAccountId: account,
      channelType: type,
      externalId: external,
      contactId: contact,
      leadId: lead,
      ownerId: owner,
      teamId: team,
      messageCount: added,
      lastMessageAt: last,
      lastInboundAt: last,
      ...recordFields(placing, change.tenant),
    };
    runWithContext(context, () =>
      rows.addEvent(
        dispatcher.envelope(ConversationOpened, { type: "conversation", id, version: 1 }, { conversation }),
      ),
    );
  }
}

function conversationFor(
  placing: Placing,
  member: Member,
  { contactId, leadId, newLead }: Belonging,
): ConversationChange {
  const { rows, knowledge } = placing;
  const { message, conversationKey } = member;
  const changed = rows.conversations.get(conversationKey);
  if (changed) return changed;
  const known = knowledge.conversations.get(conversationKey);
  const change: ConversationChange = {
    id: known?.id ?? placing.ids.next(),
    isNew: known === undefined,
    tenant: member.context.tenantId,
    account: message.channelAccountId,
    type: message.channelType,
    external: message.conversationExternalId,
    contact: contactId,
    lead: leadId,
    owner: newLead?.ownerId ?? null,
    team: newLead?.teamId ?? null,
    added: 0,
    last: message.sentAt,
  };
  rows.conversations.set(conversationKey, change);
  knowledge.conversations.set(conversationKey, { id: change.id, contactId, leadId });
  if (!known) placing.openers.set(change, member);
  return change;
}

/** The ordinal and the parts of the event's payload are put in by the database: see the schema. */
function messageRow(placing: Placing, member: Member, { id: conversationId, contact, lead }: ConversationChange) {
  const { message, context, messageId } = member;
  const { channelAccountId, externalId, sentAt, parts } = message;
  const { tenantId, actor, correlationId, causationId } = context;
  const stored: Message = {
    id: messageId,
    conversationId,
    channelAccountId,
    direction: "inbound",
    ordinal: 0,
    author: { kind: "contact", id: contact, name: message.sender.name },
    parts: [],
    replyToId: answeredBy(placing, message),
    forwardedFrom: message.forwardedFrom ?? null,
    externalId,
    origin: null,
    status: "delivered",
    statusAt: placing.at,
    failure: null,
    sanitised: message.sanitised ?? false,
    sentAt,
    ...recordFields(placing, tenantId),
  };
  const received = { message: stored, contactId: contact, leadId: lead, channelType: message.channelType };
  const event = placing.dispatcher.envelope(MessageReceived, { type: "conversation", id: conversationId }, received);
  return {
    id: messageId,
    tenant: tenantId,

    conversation: conversationId,
    account: channelAccountId,
    contact,
    lead,
    author: stored.author,
    parts,
    reply: stored.replyToId,
    forwarded: stored.forwardedFrom,
    external: externalId,
    sanitised: stored.sanitised,
    sent: sentAt,
    activity: placing.ids.next(),
    activity_data: { messageId, conversationId, direction: "inbound", preview: previewOf(parts) },
    audit: placing.ids.next(),
    event: event.id,
    payload: event.payload,
    actor_kind: actor.kind,
    actor: actor.id,
    correlation: correlationId,
    causation: causationId,
  };
}

function answeredBy({ knowledge }: Placing, { channelAccountId, replyToExternalId }: Member["message"]): string | null {
  if (replyToExternalId === undefined) return null;
  const key = externalKey(channelAccountId, replyToExternalId);
  return knowledge.messages.get(key)?.messageId ?? knowledge.answered.get(key) ?? null;
}

function recordFields({ at }: Pick<Placing, "at">, tenantId: string) {
  return { tenantId, version: 1, createdAt: at, updatedAt: at, deletedAt: null };
}
