import type { FactDefinition, FactRow, Projection } from "@crmessenger/kernel/analytics";
import {
  type Conversation,
  ConversationOpened,
  MessageQueued,
  MessageReceived,
} from "@crmessenger/kernel/communication";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { isFromPerson, messageOf } from "./payloads.ts";
import { earlier, later, msBetween } from "./times.ts";

/** One row a conversation, as it is now. */
export const conversationFact = {
  name: "conversation",
  columns: {
    createdAt: "timestamp",
    channel: "text",
    channelAccountId: "text",
    contactId: "text",
    leadId: "text",
    ownerId: "text",
    teamId: "text",
    lastOrdinal: "number",
    received: "number",
    sent: "number",
    lastMessageAt: "timestamp",
    lastDirection: "text",
    firstInboundAt: "timestamp",
    firstResponseAt: "timestamp",
    firstResponseMs: "number",
  },
  access: {
    permission: "communication.conversation.read",
    owner: "ownerId",
    team: "teamId",
    fields: { channelType: "channel" },
  },
  began: "createdAt",
} as const satisfies FactDefinition;

const nothing: FactRow = {
  ...Object.fromEntries(Object.keys(conversationFact.columns).map((name) => [name, null])),
  lastOrdinal: 0,
  received: 0,
  sent: 0,
};

/** Conversations with how much was said, by whom last, and how long the first answer took. */
export function conversationProjection(): Projection {
  return {
    name: "conversation",
    version: 1,
    fact: conversationFact,
    topics: { [ConversationOpened.topic]: 1, [MessageReceived.topic]: 1, [MessageQueued.topic]: 1 },
    async apply(events, rows) {
      const known = await rows.getMany(events.map(({ aggregate }) => aggregate.id));
      const changed = new Map<string, FactRow>();
      for (const event of events) {
        const { id } = event.aggregate;
        const row = changed.get(id) ?? known.get(id) ?? nothing;
        const next = event.topic === ConversationOpened.topic ? opened(row, event) : withMessage(row, event);
        if (next !== row) changed.set(id, next);
      }
      await rows.putMany(changed);
    },
  };
}

function opened(row: FactRow, { payload }: StoredEvent): FactRow {
  const { conversation } = payload as unknown as { readonly conversation: Conversation };
  const { createdAt, channelType: channel, channelAccountId, contactId, leadId, ownerId, teamId } = conversation;
  return { ...row, createdAt, channel, channelAccountId, contactId, ownerId, teamId, leadId: row["leadId"] ?? leadId };
}

function withMessage(row: FactRow, event: StoredEvent): FactRow {
  const { message, leadId } = messageOf(event);
  if (message.ordinal <= Number(row["lastOrdinal"])) return row;
  const inbound = message.direction === "inbound";
  const next: FactRow = {
    ...row,
    leadId: leadId ?? row["leadId"] ?? null,
    lastOrdinal: message.ordinal,
    received: Number(row["received"]) + (inbound ? 1 : 0),
    sent: Number(row["sent"]) + (inbound ? 0 : 1),
    lastMessageAt: later(row["lastMessageAt"] ?? null, message.sentAt),
    lastDirection: message.direction,
  };
  if (inbound) return answered({ ...next, firstInboundAt: earlier(row["firstInboundAt"] ?? null, message.sentAt) });
  if (!isFromPerson(message) || row["firstInboundAt"] === null) return next;
  return answered({ ...next, firstResponseAt: earlier(row["firstResponseAt"] ?? null, message.sentAt) });
}

function answered(row: FactRow): FactRow {
  return { ...row, firstResponseMs: msBetween(row["firstInboundAt"] ?? null, row["firstResponseAt"] ?? null) };
}
