import { executionContext } from "@crmessenger/kernel";
import type { NewEvent, StoredEvent } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { now } from "../sample-records.ts";
import type { StorageWorld } from "../storage-world.ts";

/** An event of the current tenant that nothing else in the database is about. */
export function probeEvent(world: StorageWorld, topic: string, changes: Partial<NewEvent> = {}): NewEvent {
  const { tenantId, actor, correlationId, causationId } = executionContext();
  const id = world.ids.next();
  return {
    id,
    topic,
    version: 1,
    aggregate: { type: "probe", id },
    payload: {},
    tenantId,
    actor,
    correlationId,
    causationId,
    occurredAt: now(world),
    ...changes,
  };
}

/** Appends events with these numbers as payload, each in a unit of its own, and answers once they can be read. */
export async function appendNumbers(
  world: StorageWorld,
  topic: string,
  numbers: readonly number[],
  aggregateId?: string,
): Promise<readonly StoredEvent[]> {
  const events = numbers.map((n) =>
    probeEvent(world, topic, {
      payload: { n },
      ...(aggregateId === undefined ? {} : { aggregate: { type: "probe", id: aggregateId } }),
    }),
  );
  for (const event of events) await world.units.run(() => world.log.append([event]));
  return visible(
    world,
    topic,
    events.map(({ id }) => id),
  );
}

export async function visible(
  world: StorageWorld,
  topic: string,
  ids: readonly string[],
): Promise<readonly StoredEvent[]> {
  return eventually(async () => {
    const found = (await world.log.read({ after: 0, topics: [topic], limit: 1000 })).filter(({ id }) =>
      ids.includes(id),
    );
    expect(found).toHaveLength(ids.length);
    return found;
  });
}
