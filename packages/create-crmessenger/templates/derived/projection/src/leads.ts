import type { FactDefinition, Projection } from "@crmessenger/kernel/analytics";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { LeadCreated, LeadStatusChanged } from "@crmessenger/kernel/sales";
import { z } from "zod";

/** One row a lead. Who may see which rows is what the application says of leads. */
export const leadFact = {
  name: "template-name.lead",
  columns: {
    createdAt: "timestamp",
    channel: "text",
    status: "text",
    steps: "number",
    ownerId: "text",
    teamId: "text",
  },
  access: { permission: "sales.lead.read", owner: "ownerId", team: "teamId", fields: { "source.channel": "channel" } },
  began: "createdAt",
} as const satisfies FactDefinition;

/** What is read of an event, in the version that `topics` asks for. */
const payload = z.object({
  lead: z.object({
    createdAt: z.string(),
    source: z.object({ channel: z.string() }),
    status: z.string(),
    ownerId: z.string().nullable(),
    teamId: z.string().nullable(),
  }),
});

/** Leads as they are now, and how many steps brought them there. Rows follow from the events alone. */
export function leads(): Projection {
  return {
    name: "template-name.leads",
    version: 1, // raise it when the rows of the same events would differ: they are built anew
    fact: leadFact,
    topics: { [LeadCreated.topic]: 1, [LeadStatusChanged.topic]: 1 },
    async apply(events, rows) {
      const known = new Map(await rows.getMany(events.map(({ aggregate }) => aggregate.id)));
      for (const event of events) {
        const { id } = event.aggregate;
        known.set(id, { ...asOf(event), steps: stepsAfter(event, Number(known.get(id)?.["steps"] ?? 0)) });
      }
      await rows.putMany(known);
    },
  };
}

function asOf(event: StoredEvent) {
  const { createdAt, source, status, ownerId, teamId } = payload.parse(event.payload).lead;
  return { createdAt, channel: source.channel, status, ownerId, teamId };
}

function stepsAfter({ topic }: StoredEvent, before: number): number {
  return topic === LeadStatusChanged.topic ? before + 1 : 0;
}
