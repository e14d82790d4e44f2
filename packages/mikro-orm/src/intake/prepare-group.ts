import { type TransformHook, runWithContext } from "@crmessenger/kernel";
import { type Conversation, ConversationOpened, type InboundReceipt, type Message, MessageReceived, ReceiveMessage, previewOf } from "@crmessenger/kernel/communication";
import type { Clock, EventDispatcher, Ids, NewRecord } from "@crmessenger/kernel/infrastructure";
import { type Contact, ContactCreated, type Lead, LeadCreated } from "@crmessenger/kernel/sales";
import { type ConversationChange, GroupRows } from "./group-rows.ts";
import type { Member } from "./member.ts";
import { type GroupKnowledge, identityKey, messageKey } from "./read-group.ts";

export interface PrepareServices {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dispatcher: EventDispatcher;
  readonly contactDraft: TransformHook<NewRecord<Contact>>;
  readonly leadDraft: TransformHook<NewRecord<Lead>>;
}

/** A group ready to be written, and what to tell each member once it is. */
export interface PreparedGroup {
  readonly rows: GroupRows;
  readonly receipts: Map<Member, InboundReceipt>;
  /** Members that left the group. */
  readonly refused: Map<Member, unknown>;
}

/**
 * Turns messages into rows, one after another: later members see what earlier ones made. A member whose hooks fail
 * has changed nothing yet and leaves; the rest go on.
 */
export async function prepareGroup(services: PrepareServices, members: readonly Member[], knowledge: GroupKnowledge, openLeads: ReadonlyMap<string, string>): Promise<PreparedGroup> {
  const group: PreparedGroup = { rows: new GroupRows(), receipts: new Map(), refused: new Map() };
  const state: State = { services, knowledge, group, leadOf: leadsByContact(knowledge, openLeads), at: new Date(services.clock.now()).toISOString() };
  for (const member of members) {
    const known = knowledge.messages.get(messageKey(member.message.channelAccountId, member.message.externalId));
    if (known) {
      const { messageId, conversationId, contactId, leadId } = known;
      group.receipts.set(member, { messageId, conversationId, contactId, leadId: leadId ?? "", duplicate: messageId !== member.messageId });
      continue;
    }
    try {
      const drafts = draftsFor(state, member);
      // Without taps nothing needs to be awaited, which is what nearly every message is like.
      const settled = drafts === undefined ? undefined : await runWithContext(member.context, () => settleDrafts(services, drafts));
      runWithContext(member.context, () => place(state, member, settled));
    } catch (error) {
      group.refused.set(member, error);
    }
  }
  return group;
}

interface State {
  readonly services: PrepareServices;
  readonly knowledge: GroupKnowledge;
  readonly group: PreparedGroup;
  /** Open leads by contact. */
  readonly leadOf: Map<string, string>;
  readonly at: string;
}

function leadsByContact(knowledge: GroupKnowledge, openLeads: ReadonlyMap<string, string>): Map<string, string> {
  const leads = new Map(openLeads);
  for (const { contactId, leadId } of knowledge.conversations.values()) if (leadId !== null) leads.set(contactId, leadId);
  return leads;
}

interface Drafts {
  readonly contact: NewRecord<Contact> | undefined;
  readonly lead: NewRecord<Lead> | undefined;
}

/** Drafts of what this message creates besides itself; undefined when there is nothing. */
function draftsFor(state: State, { message, context }: Member): Drafts | undefined {
  const { ids } = state.services;
  const conversation = conversationOf(state, message.channelAccountId, message.conversationExternalId);
  if (conversation?.lead) return undefined;
  const contactId = conversation?.contact ?? knownContact(state, context.tenantId, message.sender.identities);
  if (contactId !== undefined && state.leadOf.has(contactId)) return undefined;
  const name = message.sender.name || (message.sender.identities[0]?.value ?? "");
  const contact: NewRecord<Contact> | undefined = contactId === undefined ? { id: ids.next(), name, ownerId: null, attributes: {} } : undefined;
  const source = { channel: message.channelType, channelAccountId: message.channelAccountId, ...message.source };
  const lead: NewRecord<Lead> = {
    id: ids.next(),
    title: name,
    contactId: contactId ?? (contact?.id as string),
    status: "new",
    statusChangedAt: state.at,
    source,
    ownerId: contact?.ownerId ?? null,
    teamId: null,
    attributes: {},
  };
  return { contact, lead };
}

async function settleDrafts({ contactDraft, leadDraft }: PrepareServices, { contact, lead }: Drafts): Promise<Drafts> {
  return { contact: contact && (await contactDraft.apply(contact)), lead: lead && (await leadDraft.apply(lead)) };
}

/** Adds the rows of one message. Nothing here can fail or wait. */
function place(state: State, member: Member, drafts: Drafts | undefined): void {
  const { message, context } = member;
  if (drafts?.contact) addContact(state, member, drafts.contact);
  if (drafts?.lead) addLead(state, member, drafts.lead);
  const known = conversationOf(state, message.channelAccountId, message.conversationExternalId);
  const contactId = known?.contact ?? drafts?.contact?.id ?? (knownContact(state, context.tenantId, message.sender.identities) as string);
  addIdentities(state, member, contactId);
  const leadId = known?.lead ?? drafts?.lead?.id ?? (state.leadOf.get(contactId) as string);
  const change = conversationFor(state, member, { contactId, leadId, draft: drafts?.lead });
  change.count += 1;
  change.at = state.at;
  addMessage(state, member, change);
}

function conversationOf(state: State, accountId: string, externalId: string): { contact: string; lead: string | undefined } | undefined {
  const key = messageKey(accountId, externalId);
  const changed = state.group.rows.conversations.get(key);
  if (changed) return { contact: changed.fields.contact, lead: changed.lead };
  const known = state.knowledge.conversations.get(key);
  return known && { contact: known.contactId, lead: known.leadId ?? undefined };
}

function knownContact({ knowledge }: State, tenantId: string, identities: Member["message"]["sender"]["identities"]): string | undefined {
  for (const { kind, value } of identities) {
    const contactId = knowledge.identities.get(identityKey(tenantId, kind, value));
    if (contactId !== undefined) return contactId;
  }
  return undefined;
}

function addContact(state: State, member: Member, draft: NewRecord<Contact>): void {
  const { tenantId } = member.context;
  const { id, name, ownerId, attributes } = draft;
  state.group.rows.contacts.push({ id, tenant: tenantId, at: state.at, name, owner: ownerId, attributes });
  const contact: Contact = { ...draft, ...record(state, tenantId) };
  state.group.rows.addEvent(state.services.dispatcher.envelope(ContactCreated, { type: "contact", id, version: 1 }, { contact }));
}

function addLead(state: State, member: Member, draft: NewRecord<Lead>): void {
  const { rows } = state.group;
  const { tenantId, actor } = member.context;
  const { id, title, contactId, status, source, ownerId, teamId, attributes } = draft;
  rows.leads.push({ id, tenant: tenantId, at: state.at, title, contact: contactId, status, source, owner: ownerId, team: teamId, attributes });
  rows.activities.push({ contact: contactId, id: state.services.ids.next(), tenant: tenantId, lead: id, kind: "lead-created", actor_kind: actor.kind, actor: actor.id, at: state.at, data: { title } });
  const lead: Lead = { ...draft, ...record(state, tenantId) };
  rows.addEvent(state.services.dispatcher.envelope(LeadCreated, { type: "lead", id, version: 1 }, { lead }));
  state.leadOf.set(contactId, id);
}

/** Claims that are new become identities of the contact. */
function addIdentities(state: State, { message, context }: Member, contactId: string): void {
  const { tenantId } = context;
  for (const { kind, value, verified } of message.sender.identities) {
    const key = identityKey(tenantId, kind, value);
    if (state.knowledge.identities.has(key)) continue;
    state.knowledge.identities.set(key, contactId);
    state.group.rows.identities.push({ id: state.services.ids.next(), tenant: tenantId, at: state.at, contact: contactId, kind, value, verified });
  }
}

function conversationFor(state: State, member: Member, links: { contactId: string; leadId: string; draft: NewRecord<Lead> | undefined }): ConversationChange {
  const { message, context } = member;
  const key = messageKey(message.channelAccountId, message.conversationExternalId);
  const changed = state.group.rows.conversations.get(key);
  if (changed) return changed;
  const known = state.knowledge.conversations.get(key);
  const change: ConversationChange = {
    id: known?.id ?? state.services.ids.next(),
    version: known?.version,
    fields: { tenant: context.tenantId, account: message.channelAccountId, type: message.channelType, external: message.conversationExternalId, contact: links.contactId },
    lead: links.leadId,
    owner: known?.ownerId ?? links.draft?.ownerId ?? null,
    team: known?.teamId ?? links.draft?.teamId ?? null,
    count: known?.messageCount ?? 0,
    at: state.at,
  };
  state.group.rows.conversations.set(key, change);
  if (!known) openConversation(state, member, change);
  return change;
}

function openConversation(state: State, { message, context }: Member, change: ConversationChange): void {
  const conversation: Conversation = {
    id: change.id,
    channelAccountId: message.channelAccountId,
    channelType: message.channelType,
    externalId: message.conversationExternalId,
    contactId: change.fields.contact,
    leadId: change.lead,
    ownerId: change.owner,
    teamId: change.team,
    messageCount: 0,
    lastMessageAt: state.at,
    lastInboundAt: state.at,
    ...record(state, context.tenantId),
  };
  state.group.rows.addEvent(state.services.dispatcher.envelope(ConversationOpened, { type: "conversation", id: change.id, version: 1 }, { conversation }));
}

function addMessage(state: State, member: Member, change: ConversationChange): void {
  const { rows, receipts } = state.group;
  const { message, context, messageId } = member;
  const { ids, dispatcher } = state.services;
  const { tenantId, actor } = context;
  const contactId = change.fields.contact;
  const stored: Message = {
    id: messageId,
    conversationId: change.id,
    channelAccountId: message.channelAccountId,
    direction: "inbound",
    ordinal: change.count,
    author: { kind: "contact", id: contactId, name: message.sender.name },
    parts: message.parts,
    replyToId: replyTo(state, message),
    forwardedFrom: message.forwardedFrom ?? null,
    externalId: message.externalId,
    origin: null,
    status: "delivered",
    statusAt: state.at,
    failure: null,
    sanitised: message.sanitised ?? false,
    sentAt: message.sentAt,
    ...record(state, tenantId),
  };
  rows.messages.push({
    id: messageId,
    tenant: tenantId,
    at: state.at,
    conversation: change.id,
    account: message.channelAccountId,
    ordinal: change.count,
    author: stored.author,
    parts: message.parts,
    reply: stored.replyToId,
    forwarded: stored.forwardedFrom,
    external: message.externalId,
    sanitised: stored.sanitised,
    sent: message.sentAt,
  });
  const data = { messageId, direction: "inbound", preview: previewOf(message.parts) };
  rows.activities.push({ contact: contactId, id: ids.next(), tenant: tenantId, lead: change.lead, kind: "message", actor_kind: actor.kind, actor: actor.id, at: state.at, data });
  rows.addAudit(ids.next(), { type: "message", target: messageId, action: ReceiveMessage.name, at: state.at }, context);
  const version = (change.version ?? 0) + 1;
  rows.addEvent(dispatcher.envelope(MessageReceived, { type: "conversation", id: change.id, version }, { message: stored, contactId, leadId: change.lead, channelType: message.channelType }));
  const receipt: InboundReceipt = { messageId, conversationId: change.id, contactId, leadId: change.lead, duplicate: false };
  receipts.set(member, receipt);
  state.knowledge.messages.set(messageKey(message.channelAccountId, message.externalId), receipt);
}

function replyTo({ knowledge }: State, message: Member["message"]): string | null {
  if (message.replyToExternalId === undefined) return null;
  const key = messageKey(message.channelAccountId, message.replyToExternalId);
  return knowledge.messages.get(key)?.messageId ?? knowledge.replies.get(key) ?? null;
}

function record(state: State, tenantId: string) {
  return { tenantId, version: 1, createdAt: state.at, updatedAt: state.at, deletedAt: null };
}
