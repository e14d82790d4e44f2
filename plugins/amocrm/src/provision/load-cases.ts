import type {
  ChannelAccount,
  ChannelAccountRepository,
  Conversation,
  ConversationRepository,
} from "@crmessenger/kernel/communication";
import { where } from "@crmessenger/kernel/infrastructure";
import type {
  ChannelIdentity,
  ChannelIdentityRepository,
  Contact,
  ContactRepository,
  Lead,
  LeadRepository,
} from "@crmessenger/kernel/sales";

/** A conversation that amoCRM needs a contact, a lead and a chat for. */
export interface ProvisionCase {
  readonly conversation: Conversation;
  readonly account: ChannelAccount;
  readonly contact: Contact;
  readonly identities: readonly ChannelIdentity[];
  readonly lead: Lead | undefined;
}

/** Where cases are read from. */
export interface CaseSources {
  readonly conversations: ConversationRepository;
  readonly accounts: ChannelAccountRepository;
  readonly contacts: ContactRepository;
  readonly identities: ChannelIdentityRepository;
  readonly leads: LeadRepository;
}

const MOST_IDENTITIES = 500;

/** Reads what is known of these conversations; those whose conversation, account or contact is gone are left out. */
export async function loadCases(from: CaseSources, conversationIds: readonly string[]): Promise<ProvisionCase[]> {
  const conversations = await from.conversations.getMany(conversationIds);
  const contactIds = unique(conversations.map(({ contactId }) => contactId));
  const leadIds = unique(conversations.flatMap(({ leadId }) => leadId ?? []));
  const [accounts, contacts, leads, identities] = await Promise.all([
    from.accounts.getMany(unique(conversations.map(({ channelAccountId }) => channelAccountId))),
    from.contacts.getMany(contactIds),
    leadIds.length === 0 ? [] : from.leads.getMany(leadIds),
    from.identities.find(where<ChannelIdentity>("contactId").in(contactIds), { limit: MOST_IDENTITIES }),
  ]);
  const [accountOf, contactOf, leadOf] = [byId(accounts), byId(contacts), byId(leads)];
  return conversations.flatMap((conversation) => {
    const account = accountOf.get(conversation.channelAccountId);
    const contact = contactOf.get(conversation.contactId);
    if (account === undefined || contact === undefined) return [];
    const own = identities.items.filter(({ contactId }) => contactId === contact.id);
    return [{ conversation, account, contact, identities: own, lead: leadOf.get(conversation.leadId ?? "") }];
  });
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

function byId<R extends { readonly id: string }>(records: readonly R[]): ReadonlyMap<string, R> {
  return new Map(records.map((record) => [record.id, record]));
}
