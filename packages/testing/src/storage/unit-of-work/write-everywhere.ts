import { executionContext } from "@crmessenger/kernel";
import { type NewEvent, defineCollection, defineJob } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import { eventually } from "../../time/eventually.ts";
import { newContact, now } from "../sample-records.ts";
import type { StorageWorld } from "../storage-world.ts";

const Note = defineCollection("testing.unit-notes", { schema: z.object({ text: z.string() }) });

/** Writes one of everything by way of `run`, and tells how much of it can be found afterwards. */
export async function writeEverywhere(
  world: StorageWorld,
  run: (work: () => Promise<void>) => Promise<unknown>,
  after: (step: string) => void = () => undefined,
) {
  const contact = newContact(world);
  const holder = await world.contacts.insert(newContact(world));
  const key = world.unique("note");
  const job = defineJob<{ key: string }>(world.unique("testing.unit-job"), { data: z.object({ key: z.string() }) });
  const event = probeEvent(world, contact.id);
  const notes = world.collections.open(Note);
  const secrets = world.secrets.namespace(key);
  const target = { type: "contact", id: contact.id };
  await run(async () => {
    await world.contacts.insert(contact);
    after("record");
    await notes.insert(key, { text: "written" });
    await secrets.set("token", new Uint8Array([1, 2, 3]));
    await world.audit.track([{ action: "testing.write", target }]);
    await world.timeline.add([{ contactId: holder.id, leadId: null, kind: "testing.note", data: {} }]);
    await world.log.append([event]);
    after("event");
    await world.jobs.enqueue(job, { key });
    after("job");
  });
  const found = async () => ({
    record: (await world.contacts.get(contact.id)) ? 1 : 0,
    document: (await notes.get(key)) ? 1 : 0,
    secret: (await secrets.get("token")) ? 1 : 0,
    audit: (await world.audit.history(target)).length,
    timeline: (await world.timeline.of({ contactId: holder.id })).items.length,
    events: await eventCount(world, event),
    jobs: await jobCount(world, job.name, key),
  });
  return { found };
}

function probeEvent(world: StorageWorld, aggregateId: string): NewEvent {
  const { actor, correlationId, causationId } = executionContext();
  const id = world.ids.next();
  return {
    id,
    topic: `probe.${world.unique("written")}`,
    version: 1,
    aggregate: { type: "contact", id: aggregateId },
    payload: {},
    tenantId: world.tenantId,
    actor,
    correlationId,
    causationId,
    occurredAt: now(world),
  };
}

/** The log shows events soon after their commit, in order: a later event that is visible proves that there is no earlier one. */
async function eventCount(world: StorageWorld, event: NewEvent): Promise<number> {
  const marker = { ...probeEvent(world, event.aggregate.id), topic: event.topic };
  await world.units.run(() => world.log.append([marker]));
  const events = await eventually(async () => {
    const read = await world.log.read({ after: 0, topics: [event.topic], limit: 100 });
    expect(read.some(({ id }) => id === marker.id)).toBe(true);
    return read;
  });
  return events.filter(({ id }) => id === event.id).length;
}

/** Runs what there is of a job and then a marker: what did not come by then does not exist. */
async function jobCount(world: StorageWorld, name: string, key: string): Promise<number> {
  const job = defineJob<{ key: string }>(name, { data: z.object({ key: z.string() }), concurrency: 1 });
  const seen: string[] = [];
  await world.jobs.enqueue(job, { key: "marker" });
  const worker = await world.jobs.work(job, async ({ data }) => void seen.push(data.key));
  await eventually(() => expect(seen).toContain("marker"));
  await worker.stop();
  return seen.filter((found) => found === key).length;
}
