import { executionContext } from "@crmessenger/kernel";
import { defineCollection, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { type Place, type Services, startServices } from "./services.ts";

/** What the tests and the process they kill have in common. */
export const Effects = defineCollection("testing.effects", { schema: z.object({ by: z.number() }) });
export const CrashJob = defineJob("testing.crash", {
  data: z.object({ n: z.number() }),
  maxAttempts: 4,
  backoffMs: 50,
  maxBackoffMs: 200,
});
export const TOPIC = "testing.happened";
export const SUBSCRIPTION = "testing.crash";
export const LEASE = "testing.crash";

/** Appends events with these numbers in one unit of work. */
export async function append(
  { eventLog, unitOfWork, ids, clock }: Services,
  numbers: readonly number[],
): Promise<void> {
  const { tenantId, actor, correlationId, causationId } = executionContext();
  const occurredAt = new Date(clock.now()).toISOString();
  const events = numbers.map((n) => ({
    id: ids.next(),
    topic: TOPIC,
    version: 1,
    aggregate: { type: "probe", id: "one" },
    payload: { n },
    tenantId,
    actor,
    correlationId,
    causationId,
    occurredAt,
  }));
  await unitOfWork.run(() => eventLog.append(events));
}

/** Says where it is, and never comes back from there. */
function arrive(): Promise<never> {
  process.send?.("arrived");
  return new Promise(() => {});
}

const scenarios: Readonly<Record<string, (services: Services, first: number) => Promise<unknown>>> = {
  /** The handler has written, the unit of work has not committed. */
  async "in a subscription's unit of work"(services) {
    const effects = services.collections.open(Effects);
    await services.eventLog.subscribe({
      name: SUBSCRIPTION,
      topics: [TOPIC],
      from: "start",
      async handle(events) {
        for (const { payload } of events) await effects.insert(`event-${String(payload["n"])}`, { by: process.pid });
        await arrive();
      },
    });
    await append(services, [1, 2, 3]);
  },

  /** Events are committed that nobody has numbered yet, a job waits, and a lease is held. */
  async "with things to do"(services) {
    await services.leases.acquire(LEASE);
    await services.unitOfWork.run(() => services.jobs.enqueue(CrashJob, { n: 1 }));
    await services.eventLog.stop();
    await append(services, [1, 2, 3]);
    await arrive();
  },

  async "in a job"(services) {
    const effects = services.collections.open(Effects);
    await services.jobs.work(CrashJob, async ({ data }) => {
      await effects.put(`job-${data.n}`, { by: process.pid });
      if (data.n === 2) await arrive();
    });
    await services.jobs.enqueue(CrashJob, { n: 1 });
    await services.jobs.enqueue(CrashJob, { n: 2 }, { key: "thing" });
  },

  /** It appends twenty events, serves until it is killed, and tells how far it has come. */
  async "while it serves"(services, first) {
    await append(
      services,
      Array.from({ length: 20 }, (_, index) => first + index),
    );
    const effects = services.collections.open(Effects);
    await services.eventLog.subscribe({
      name: SUBSCRIPTION,
      topics: [TOPIC],
      from: "start",
      batchSize: 3,
      async handle(events) {
        for (const { payload } of events) {
          await effects.insert(`event-${String(payload["n"])}`, { by: process.pid });
          await services.jobs.enqueue(
            CrashJob,
            { n: Number(payload["n"]) },
            { key: `key-${Number(payload["n"]) % 4}` },
          );
          process.send?.("handled");
        }
      },
    });
    await services.jobs.work(CrashJob, async ({ data }) => {
      process.send?.("ran");
      await effects.put(`job-${data.n}`, { by: process.pid });
    });
  },
};

if (process.send) {
  const [scenario, place, first] = JSON.parse(process.argv[2] ?? "[]") as [string, Place, number];
  const services = await startServices(place);
  await scenarios[scenario]?.(services, first);
  process.send("ready");
}
