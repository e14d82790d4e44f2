import type { FactDefinition, FactRow, Projection } from "@crmessenger/kernel/analytics";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { LeadAssigned, LeadCreated, LeadStatusChanged, LeadUpdated } from "@crmessenger/kernel/sales";
import { leadAccess, leadColumns, leadValues } from "./lead-columns.ts";
import { leadOf } from "./payloads.ts";
import { later, msBetween } from "./times.ts";

/** One row for each stretch of time in which nothing about a lead changed. */
export const leadStayFact = {
  name: "lead-stay",
  columns: {
    ...leadColumns,
    leadId: "text",
    createdAt: "timestamp",
    validFrom: "timestamp",
    validUntil: "timestamp",
    enteredAt: "timestamp",
    leftAt: "timestamp",
    leftFor: "text",
    stayMs: "number",
  },
  access: leadAccess,
  began: "validFrom",
  attributesOf: "lead",
} as const satisfies FactDefinition;

/**
 * What became of leads, for snapshots, funnels and time in state. The stretch that lasts stands under the lead's id, so
 * that it is found without a search, and moves to a key with its version when it ends.
 */
export function leadStayProjection(): Projection {
  return {
    name: "lead-stay",
    version: 1,
    fact: leadStayFact,
    topics: {
      [LeadCreated.topic]: 2,
      [LeadUpdated.topic]: 2,
      [LeadAssigned.topic]: 2,
      [LeadStatusChanged.topic]: 2,
    },
    async apply(events, rows) {
      const known = await rows.getMany(events.map(({ aggregate }) => aggregate.id));
      const changed = new Map<string, FactRow>();
      for (const event of events) {
        const { id } = event.aggregate;
        const lasting = changed.get(id) ?? known.get(id);
        const ended = lasting && endedBy(lasting, event);
        if (ended) changed.set(`${id}:${String(ended["version"])}`, ended);
        changed.set(id, begunBy(event, ended));
      }
      await rows.putMany(changed);
    },
  };
}

/** When the change happened. A clock that went back does not make a stretch end before it began. */
function timeOf(event: StoredEvent, since: FactRow | undefined): string {
  const { status, statusSince, createdAt, updatedAt, version } = leadOf(event);
  const time = version === 1 ? createdAt : since && since["status"] === status ? updatedAt : statusSince;
  return later(time, since?.["validFrom"] ?? null) ?? time;
}

function endedBy(lasting: FactRow, event: StoredEvent): FactRow {
  const { status } = leadOf(event);
  const validUntil = timeOf(event, lasting);
  if (status === lasting["status"]) return { ...lasting, validUntil };
  return {
    ...lasting,
    validUntil,
    leftAt: validUntil,
    leftFor: status,
    stayMs: msBetween(lasting["enteredAt"] ?? null, validUntil),
  };
}

function begunBy(event: StoredEvent, before: FactRow | undefined): FactRow {
  const lead = leadOf(event);
  const validFrom = before?.["validUntil"] ?? timeOf(event, undefined);
  const staysOn = before !== undefined && before["leftAt"] === null;
  return {
    ...leadValues(lead),
    leadId: lead.id,
    createdAt: lead.createdAt,
    validFrom,
    validUntil: null,
    enteredAt: staysOn ? (before["enteredAt"] ?? null) : validFrom,
    leftAt: null,
    leftFor: null,
    stayMs: null,
  };
}
