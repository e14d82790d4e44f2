import type { FactDefinition, FactRow, Projection } from "@crmessenger/kernel/analytics";
import { MessageQueued, MessageReceived } from "@crmessenger/kernel/communication";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { LeadAssigned, LeadCreated, LeadStatusChanged, LeadUpdated } from "@crmessenger/kernel/sales";
import { leadAccess, leadColumns, leadValues } from "./lead-columns.ts";
import { isFromPerson, leadOf, messageOf } from "./payloads.ts";
import { earlier, msBetween } from "./times.ts";

/** One row a lead, as it is now. */
export const leadFact = {
  name: "lead",
  columns: {
    ...leadColumns,
    createdAt: "timestamp",
    statusSince: "timestamp",
    qualifiedAt: "timestamp",
    convertedAt: "timestamp",
    disqualifiedAt: "timestamp",
    timeToConvertMs: "number",
    dialogs: "text-list",
    firstInboundAt: "timestamp",
    firstResponseAt: "timestamp",
    firstResponseMs: "number",
  },
  access: leadAccess,
  began: "createdAt",
  attributesOf: "lead",
  history: {
    fact: "lead-stay",
    of: "leadId",
    state: "status",
    from: "validFrom",
    until: "validUntil",
    leftFor: "leftFor",
    stayMs: "stayMs",
  },
} as const satisfies FactDefinition;

const nothing: FactRow = {
  ...Object.fromEntries(Object.keys(leadFact.columns).map((name) => [name, null])),
  dialogs: [],
};

/** Statuses whose first day is kept. */
const REACHED: Readonly<Record<string, string>> = {
  qualified: "qualifiedAt",
  converted: "convertedAt",
  disqualified: "disqualifiedAt",
};

/**
 * Leads with how they came, whose they are, how far they got, and how long the first answer took.
 *
 * The first response is the first message of a person in a conversation in which the contact wrote before. Conversations
 * are aggregates of their own: nothing here depends on how their events mix with the lead's.
 */
export function leadProjection(): Projection {
  return {
    name: "lead",
    version: 1,
    fact: leadFact,
    topics: {
      [LeadCreated.topic]: 2,
      [LeadUpdated.topic]: 2,
      [LeadAssigned.topic]: 2,
      [LeadStatusChanged.topic]: 2,
      [MessageReceived.topic]: 1,
      [MessageQueued.topic]: 1,
    },
    async apply(events, rows) {
      const concerned = events.flatMap((event) => {
        const id = leadIdOf(event);
        return id === null ? [] : [{ id, event }];
      });
      const known = await rows.getMany(concerned.map(({ id }) => id));
      const changed = new Map<string, FactRow>();
      for (const { id, event } of concerned) {
        const row = changed.get(id) ?? known.get(id) ?? nothing;
        const next = withEvent(row, event);
        if (next !== row) changed.set(id, next);
      }
      await rows.putMany(complete(changed));
    },
  };
}

function leadIdOf(event: StoredEvent): string | null {
  return event.aggregate.type === "lead" ? event.aggregate.id : messageOf(event).leadId;
}

function withEvent(row: FactRow, event: StoredEvent): FactRow {
  if (event.aggregate.type === "lead") return withLead(row, event);
  return event.topic === MessageReceived.topic ? withInbound(row, event) : withReply(row, event);
}

function withLead(row: FactRow, event: StoredEvent): FactRow {
  const lead = leadOf(event);
  const reached = REACHED[lead.status];
  const next = {
    ...row,
    ...leadValues(lead),
    createdAt: lead.createdAt,
    statusSince: lead.statusSince,
    ...(reached === undefined ? {} : { [reached]: row[reached] ?? lead.statusSince }),
  };
  return { ...next, timeToConvertMs: msBetween(next.createdAt, (next as FactRow)["convertedAt"] ?? null) };
}

function withInbound(row: FactRow, event: StoredEvent): FactRow {
  const { message } = messageOf(event);
  const dialogs = dialogsOf(row);
  const firstInboundAt = earlier(row["firstInboundAt"] ?? null, message.sentAt);
  const known = dialogs.includes(message.conversationId);
  if (known && firstInboundAt === row["firstInboundAt"]) return row;
  return answered({
    ...row,
    firstInboundAt,
    dialogs: known ? dialogs : [...dialogs, message.conversationId].toSorted(),
  });
}

function withReply(row: FactRow, event: StoredEvent): FactRow {
  const { message } = messageOf(event);
  if (!isFromPerson(message) || !dialogsOf(row).includes(message.conversationId)) return row;
  const firstResponseAt = earlier(row["firstResponseAt"] ?? null, message.sentAt);
  return firstResponseAt === row["firstResponseAt"] ? row : answered({ ...row, firstResponseAt });
}

function answered(row: FactRow): FactRow {
  return { ...row, firstResponseMs: msBetween(row["firstInboundAt"] ?? null, row["firstResponseAt"] ?? null) };
}

function dialogsOf(row: FactRow): readonly string[] {
  const dialogs = row["dialogs"];
  return Array.isArray(dialogs) ? dialogs.filter((dialog) => typeof dialog === "string") : [];
}

/** A row that was made by a message alone holds no custom fields yet. */
function complete(rows: ReadonlyMap<string, FactRow>): ReadonlyMap<string, FactRow> {
  return new Map([...rows].map(([key, row]) => [key, row["createdAt"] === null ? { ...row, attributes: {} } : row]));
}
