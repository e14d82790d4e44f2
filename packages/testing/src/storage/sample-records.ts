import type { ChannelAccount, Conversation, InboundMessage, Message } from "@crmessenger/kernel/communication";
import type { Team, User } from "@crmessenger/kernel/iam";
import type { NewRecord } from "@crmessenger/kernel/infrastructure";
import { type Contact, type Deal, type Lead, type Pipeline, defaultStages } from "@crmessenger/kernel/sales";
import type { StorageWorld } from "./storage-world.ts";

/** Records as a CRM holds them, with everything they refer to stored first. */

export function newContact(world: StorageWorld, changes: Partial<NewRecord<Contact>> = {}): NewRecord<Contact> {
  return { id: world.ids.next(), name: "Анна Петрова", ownerId: null, attributes: {}, ...changes };
}

export function newUser(world: StorageWorld, changes: Partial<NewRecord<User>> = {}): NewRecord<User> {
  const id = world.ids.next();
  return {
    id,
    email: `${id}@example.com`,
    name: "Mara",
    roleIds: [],
    teamIds: [],
    timeZone: "Europe/Riga",
    locale: "lv",
    active: true,
    ...changes,
  };
}

export function newTeam(world: StorageWorld, changes: Partial<NewRecord<Team>> = {}): NewRecord<Team> {
  return { id: world.ids.next(), name: "Sales", parentId: null, ...changes };
}

export function newLead(
  world: StorageWorld,
  contactId: string,
  changes: Partial<NewRecord<Lead>> = {},
): NewRecord<Lead> {
  return {
    id: world.ids.next(),
    title: "A new kitchen",
    contactId,
    status: "new",
    statusSince: now(world),
    statusReason: null,
    source: { channel: "telegram" },
    ownerId: null,
    teamId: null,
    attributes: {},
    ...changes,
  };
}

export function newPipeline(world: StorageWorld, changes: Partial<NewRecord<Pipeline>> = {}): NewRecord<Pipeline> {
  return { id: world.ids.next(), name: "Кухни", stages: defaultStages, currency: "EUR", ...changes };
}

export function newDeal(
  world: StorageWorld,
  pipelineId: string,
  changes: Partial<NewRecord<Deal>> = {},
): NewRecord<Deal> {
  return {
    id: world.ids.next(),
    title: "A new kitchen",
    pipelineId,
    stageId: "new",
    stageChangedAt: now(world),
    amount: null,
    contactId: null,
    companyId: null,
    leadId: null,
    ownerId: null,
    teamId: null,
    closedAt: null,
    attributes: {},
    ...changes,
  };
}

export function newAccount(
  world: StorageWorld,
  changes: Partial<NewRecord<ChannelAccount>> = {},
): NewRecord<ChannelAccount> {
  return {
    id: world.ids.next(),
    type: "telegram",
    name: "Shop",
    enabled: true,
    settings: { greeting: "Hello" },
    externalId: null,
    state: { status: "stopped", reason: "" },
    ...changes,
  };
}

export function newConversation(
  world: StorageWorld,
  refs: { readonly channelAccountId: string; readonly contactId: string },
  changes: Partial<NewRecord<Conversation>> = {},
): NewRecord<Conversation> {
  const id = world.ids.next();
  return {
    id,
    ...refs,
    channelType: "telegram",
    externalId: `chat-${id}`,
    leadId: null,
    ownerId: null,
    teamId: null,
    messageCount: 0,
    lastMessageAt: now(world),
    lastInboundAt: null,
    ...changes,
  };
}

export function newMessage(
  world: StorageWorld,
  conversation: Pick<Conversation, "id" | "contactId" | "channelAccountId">,
  changes: Partial<NewRecord<Message>> = {},
): NewRecord<Message> {
  const id = world.ids.next();
  return {
    id,
    conversationId: conversation.id,
    channelAccountId: conversation.channelAccountId,
    direction: "inbound",
    ordinal: 1,
    author: { kind: "contact", id: conversation.contactId, name: "Анна" },
    parts: [{ type: "text", text: "Здравствуйте 👋🏽\n«сколько» стоит <b>это</b>?" }],
    replyToId: null,
    forwardedFrom: null,
    externalId: `message-${id}`,
    origin: null,
    status: "delivered",
    statusAt: now(world),
    failure: null,
    sanitised: false,
    sentAt: now(world),
    ...changes,
  };
}

/** An inbound message of a person that nobody knows yet. */
export function inboundMessage(
  world: StorageWorld,
  channelAccountId: string,
  changes: Partial<InboundMessage> = {},
): InboundMessage {
  const id = world.ids.next();
  return {
    channelAccountId,
    channelType: "telegram",
    externalId: `in-${id}`,
    conversationExternalId: `chat-${id}`,
    sender: { name: "Анна Петрова", identities: [{ kind: "telegram", value: `user-${id}`, verified: true }] },
    parts: [{ type: "text", text: "Здравствуйте!" }],
    sentAt: now(world),
    ...changes,
  };
}

/** The time as records hold it. */
export function now(world: StorageWorld): string {
  return new Date(world.clock.now()).toISOString();
}

/** A lead with its contact, both stored. */
export async function storeLead(world: StorageWorld, changes: Partial<NewRecord<Lead>> = {}): Promise<Lead> {
  const contact = await world.contacts.insert(newContact(world));
  return world.leads.insert(newLead(world, contact.id, changes));
}

/** A conversation with its account and contact, all stored. */
export async function storeConversation(world: StorageWorld): Promise<Conversation> {
  const contact = await world.contacts.insert(newContact(world));
  const account = await world.accounts.insert(newAccount(world));
  return world.conversations.insert(newConversation(world, { channelAccountId: account.id, contactId: contact.id }));
}
