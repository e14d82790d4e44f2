import type { Database } from "../database/database.ts";
import type { Member } from "./member.ts";

export interface KnownMessage {
  readonly messageId: string;
  readonly conversationId: string;
  readonly contactId: string;
  readonly leadId: string | null;
}

/** A conversation as far as the intake goes on with it. */
export interface KnownConversation {
  readonly id: string;
  readonly version: number;
  readonly contactId: string;
  /** Its lead, if that is still open. */
  readonly leadId: string | null;
  readonly ownerId: string | null;
  readonly teamId: string | null;
  readonly messageCount: number;
}

/** What the database knew about a group before it is written, by the keys below. */
export interface GroupKnowledge {
  readonly messages: Map<string, KnownMessage>;
  readonly conversations: Map<string, KnownConversation>;
  readonly replies: Map<string, string>;
  /** Contact ids. */
  readonly identities: Map<string, string>;
}

type Placed<T> = T & { readonly place: number };

interface Answer extends Record<string, unknown> {
  readonly known: readonly Placed<KnownMessage>[] | null;
  readonly conversations: readonly Placed<KnownConversation>[] | null;
  readonly replies: readonly Placed<{ messageId: string }>[] | null;
  readonly identities: readonly Placed<{ contactId: string }>[] | null;
}

export const messageKey = (accountId: string, externalId: string): string => `${accountId}/${externalId}`;
export const identityKey = (tenantId: string, kind: string, value: string): string => `${tenantId}/${kind}/${value}`;

export function emptyKnowledge(): GroupKnowledge {
  return { messages: new Map(), conversations: new Map(), replies: new Map(), identities: new Map() };
}

/** Adds to `knowledge` what the database knows about these members, in one round trip for all. */
export async function readGroup(database: Database, members: readonly Member[], finalStatuses: readonly string[], knowledge: GroupKnowledge): Promise<void> {
  const keys = keysOf(members);
  const { rows } = await database.query<{ answer: Answer }>(
    "select intake_read($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as answer",
    [keys.accounts, keys.externals, keys.chats, keys.replies, keys.tenants, keys.kinds, keys.values, finalStatuses],
    { name: "intake-read" },
  );
  const answer = rows[0]?.answer;
  for (const { place, ...known } of answer?.known ?? []) knowledge.messages.set(messageKey(keys.accounts[place - 1] as string, keys.externals[place - 1] as string), known);
  for (const { place, ...known } of answer?.conversations ?? []) knowledge.conversations.set(messageKey(keys.accounts[place - 1] as string, keys.chats[place - 1] as string), known);
  for (const { place, messageId } of answer?.replies ?? []) knowledge.replies.set(messageKey(keys.accounts[place - 1] as string, keys.replies[place - 1] as string), messageId);
  for (const { place, contactId } of answer?.identities ?? []) {
    knowledge.identities.set(identityKey(keys.tenants[place - 1] as string, keys.kinds[place - 1] as string, keys.values[place - 1] as string), contactId);
  }
}

function keysOf(members: readonly Member[]) {
  const accounts: string[] = [];
  const externals: string[] = [];
  const chats: string[] = [];
  const replies: (string | null)[] = [];
  const tenants: string[] = [];
  const kinds: string[] = [];
  const values: string[] = [];
  for (const { message, context } of members) {
    accounts.push(message.channelAccountId);
    externals.push(message.externalId);
    chats.push(message.conversationExternalId);
    replies.push(message.replyToExternalId ?? null);
    for (const { kind, value } of message.sender.identities) {
      tenants.push(context.tenantId);
      kinds.push(kind);
      values.push(value);
    }
  }
  return { accounts, externals, chats, replies, tenants, kinds, values };
}
