import type { FactDefinition, FactRow, Projection } from "@crmessenger/kernel/analytics";
import {
  type Conversation,
  ConversationOpened,
  type DeliveryStatus,
  MessageQueued,
  MessageReceived,
  MessageStatusChanged,
  advanceDelivery,
} from "@crmessenger/kernel/communication";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { messageOf } from "./payloads.ts";
import { msBetween } from "./times.ts";

/** One row a message, without what it says. */
export const messageFact = {
  name: "message",
  columns: {
    createdAt: "timestamp",
    sentAt: "timestamp",
    conversationId: "text",
    contactId: "text",
    leadId: "text",
    ownerId: "text",
    teamId: "text",
    channel: "text",
    channelAccountId: "text",
    direction: "text",
    authorKind: "text",
    authorId: "text",
    origin: "text",
    parts: "number",
    status: "text",
    deliveredAt: "timestamp",
    deliveryMs: "number",
    readAt: "timestamp",
    failedAt: "timestamp",
  },
  access: {
    permission: "communication.conversation.read",
    owner: "ownerId",
    team: "teamId",
    fields: { channelType: "channel" },
  },
  began: "createdAt",
} as const satisfies FactDefinition;

const REACHED: Partial<Readonly<Record<DeliveryStatus, string>>> = {
  delivered: "deliveredAt",
  read: "readAt",
  failed: "failedAt",
};

const nothing: FactRow = Object.fromEntries(Object.keys(messageFact.columns).map((name) => [name, null]));

/**
 * Messages with who wrote them, on which channel, and how far they came. They are their conversation's owner's, who stands
 * in a row of the conversation's own that never gets complete.
 */
export function messageProjection(): Projection {
  return {
    name: "message",
    version: 1,
    fact: messageFact,
    topics: {
      [ConversationOpened.topic]: 1,
      [MessageReceived.topic]: 1,
      [MessageQueued.topic]: 1,
      [MessageStatusChanged.topic]: 1,
    },
    async apply(events, rows) {
      const known = await rows.getMany(events.map(readKeyOf));
      const changed = new Map<string, FactRow>();
      for (const event of events) {
        const key = readKeyOf(event);
        const row = changed.get(key) ?? known.get(key);
        if (event.topic === ConversationOpened.topic) changed.set(key, opened(event));
        else if (event.topic !== MessageStatusChanged.topic)
          changed.set(messageOf(event).message.id, written(event, row));
        else if (row) changed.set(key, withStatus(row, event));
      }
      await rows.putMany(changed);
    },
  };
}

interface StatusChange {
  readonly messageId: string;
  readonly status: DeliveryStatus;
}

/** The row that an event builds on: its message's, or its conversation's. */
function readKeyOf({ topic, aggregate, payload }: StoredEvent): string {
  if (topic === MessageStatusChanged.topic) return (payload as unknown as StatusChange).messageId;
  return `conversation:${aggregate.id}`;
}

function opened({ payload }: StoredEvent): FactRow {
  const { id, ownerId, teamId } = (payload as unknown as { readonly conversation: Conversation }).conversation;
  return { ...nothing, conversationId: id, ownerId, teamId };
}

function written(event: StoredEvent, conversation: FactRow = nothing): FactRow {
  const { message, contactId, leadId, channelType } = messageOf(event);
  return {
    ...nothing,
    createdAt: message.createdAt,
    sentAt: message.sentAt,
    conversationId: message.conversationId,
    contactId,
    leadId,
    ownerId: conversation["ownerId"] ?? null,
    teamId: conversation["teamId"] ?? null,
    channel: channelType,
    channelAccountId: message.channelAccountId,
    direction: message.direction,
    authorKind: message.author.kind,
    authorId: message.author.id,
    origin: message.origin?.system ?? null,
    parts: message.parts.length,
    status: message.status,
  };
}

function withStatus(row: FactRow, event: StoredEvent): FactRow {
  const { status: reported } = event.payload as unknown as StatusChange;
  const status = advanceDelivery(row["status"] as DeliveryStatus, reported);
  if (status === row["status"]) return row;
  const at = event.occurredAt;
  const reached = REACHED[status];
  const next: FactRow = { ...row, status, ...(reached === undefined ? {} : { [reached]: at }) };
  // What was read has been delivered, also where the channel did not say so.
  const deliveredAt = status === "read" ? (row["deliveredAt"] ?? at) : (next["deliveredAt"] ?? null);
  return { ...next, deliveredAt, deliveryMs: msBetween(row["createdAt"] ?? null, deliveredAt) };
}
