import type { Database } from "../database/database.ts";
import { type Member, externalKey } from "./member.ts";

export interface KnownMessage {
  readonly messageId: string;
  readonly conversationId: string;
  readonly contactId: string;
  readonly leadId: string | null;
}

/** A conversation as far as the intake goes on with it. */
export interface KnownConversation {
  readonly id: string;
  readonly contactId: string;
  /** The open lead that a message now belongs to: the conversation's own, otherwise the contact's newest. */
  readonly leadId: string | null;
}

export interface KnownPerson {
  readonly contactId: string;
  /** The contact's newest open lead. */
  readonly leadId: string | null;
}

/** What is known about a group before it is written, by the keys of its members. */
export interface GroupKnowledge {
  readonly messages: Map<string, KnownMessage>;
  readonly conversations: Map<string, KnownConversation>;
  readonly people: Map<string, KnownPerson>;
  /** Ids of messages that are answered. */
  readonly answered: Map<string, string>;
}

export function emptyKnowledge(): GroupKnowledge {
  return { messages: new Map(), conversations: new Map(), people: new Map(), answered: new Map() };
}

/** `place` counts the keys that were asked for from 1. */
type Placed<T> = T & { readonly place: number };

interface Answer {
  readonly messages: readonly Placed<KnownMessage>[] | null;
  readonly conversations: readonly Placed<KnownConversation>[] | null;
  readonly people: readonly Placed<KnownPerson>[] | null;
  readonly answered: readonly Placed<{ messageId: string }>[] | null;
}

const READ =
  "select intake_read($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as answer";

/** Adds to `knowledge` what the database knows about these members, in one round trip for all. */
export async function readGroup(
  database: Database,
  members: readonly Member[],
  finalStatuses: readonly string[],
  knowledge: GroupKnowledge,
): Promise<void> {
  const messages = members.map(({ message }) => message);
  const claims = members.flatMap(({ message, context: { tenantId } }) =>
    message.sender.identities.map(({ kind, value }) => ({ tenantId, kind, value })),
  );
  const parameters = [
    messages.map(({ channelAccountId }) => channelAccountId),
    messages.map(({ externalId }) => externalId),
    messages.map(({ conversationExternalId }) => conversationExternalId),
    messages.map(({ replyToExternalId }) => replyToExternalId ?? null),
    claims.map(({ tenantId }) => tenantId),
    claims.map(({ kind }) => kind),
    claims.map(({ value }) => value),
    finalStatuses,
  ];
  const { rows } = await database.query<{ answer: Answer }>(READ, parameters, { name: "intake_read" });
  const answer = rows[0]?.answer;
  const memberAt = (place: number) => members[place - 1] as Member;
  const identityKeys = members.flatMap((member) => member.identityKeys);
  for (const { place, ...known } of answer?.messages ?? []) knowledge.messages.set(memberAt(place).messageKey, known);
  for (const { place, ...known } of answer?.conversations ?? [])
    knowledge.conversations.set(memberAt(place).conversationKey, known);
  for (const { place, ...known } of answer?.people ?? [])
    knowledge.people.set(identityKeys[place - 1] as string, known);
  for (const { place, messageId } of answer?.answered ?? []) {
    const { channelAccountId, replyToExternalId = "" } = memberAt(place).message;
    knowledge.answered.set(externalKey(channelAccountId, replyToExternalId), messageId);
  }
}
