import { systemActor } from "@crmessenger/kernel";
import type { FactRow, Projection } from "@crmessenger/kernel/analytics";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";

/** One row for each visitor: how often they came, and when last. */
export const visits = (): Projection => ({
  name: "testing.visits",
  version: 1,
  fact: {
    name: "testing.visit",
    columns: { name: "text", times: "number", lastAt: "timestamp" },
    access: { permission: "testing.visit.read", owner: null, team: null },
  },
  topics: { "visitor.came": 1, "visitor.renamed": 1 },
  async apply(events, rows) {
    const known = new Map(await rows.getMany(events.map(({ aggregate }) => aggregate.id)));
    for (const { aggregate, payload, topic, occurredAt } of events) {
      const row: FactRow = known.get(aggregate.id) ?? { name: null, times: 0, lastAt: null };
      const name = payload["name"] ?? null;
      const came = { ...row, name: row["name"] ?? name, times: Number(row["times"]) + 1, lastAt: occurredAt };
      known.set(aggregate.id, topic === "visitor.came" ? came : { ...row, name });
    }
    await rows.putMany(known);
  },
});

const came = (id: string) => ({ topic: "visitor.came", id, payload: { name: id } });
const renamed = (id: string, name: string) => ({ topic: "visitor.renamed", id, payload: { name } });

export const history = (): readonly StoredEvent[] =>
  [
    came("anna"),
    came("boris"),
    renamed("anna", "Anna P."),
    came("anna"),
    { topic: "weather.changed", id: "riga", payload: {} },
    came("clara"),
    came("boris"),
    renamed("clara", "Klara"),
    came("anna"),
  ].map(({ topic, id, payload }, index) => ({
    id: `event-${index}`,
    topic,
    version: 1,
    aggregate: { type: "visitor", id },
    payload,
    tenantId: "default",
    actor: systemActor,
    correlationId: `correlation-${index}`,
    causationId: null,
    occurredAt: new Date(Date.UTC(2026, 0, 5, 9, index)).toISOString(),
    position: index + 1,
  }));
