import { CrmError, executionContext, runInContext } from "@crmessenger/kernel";
import {
  type DurableSubscription,
  type NewEvent,
  type StoredEvent,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import { createFaultPlan } from "../faults/fault-plan.ts";
import { eventually } from "../time/eventually.ts";
import { createGate } from "../time/gate.ts";
import { newContact, now, storeLead } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";
import { onTestFinished } from "../suite/suite-api.ts";

const HOUR_MS = 3_600_000;

/** What every EventLog promises. Uses LeadRepository and Collections for effects of subscribers. */
export function describeEventLog(harness: StorageHarness): void {
  describeOn(harness, "EventLog", (suite) => {
    appending(suite);
    reading(suite);
    delivering(suite);
    failing(suite);
    dying(suite);
    jumping(suite);
    checkpoints(suite);
  });
}

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

async function visible(world: StorageWorld, topic: string, ids: readonly string[]): Promise<readonly StoredEvent[]> {
  return eventually(async () => {
    const found = (await world.log.read({ after: 0, topics: [topic], limit: 1000 })).filter(({ id }) =>
      ids.includes(id),
    );
    expect(found).toHaveLength(ids.length);
    return found;
  });
}

function appending({ test }: StorageSuite): void {
  test("refuses to append outside a unit of work", async (world) => {
    const event = probeEvent(world, world.unique("probe.written"));
    await expect(world.log.append([event])).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
  });

  test("keeps every field of an event", async (world) => {
    const topic = world.unique("probe.written");
    const event: NewEvent = {
      id: world.ids.next(),
      topic,
      version: 3,
      aggregate: { type: "lead", id: world.ids.next(), version: 7 },
      payload: { text: "Ünï\u2028😀", list: [1, null, { deep: true }] },
      tenantId: world.tenantId,
      actor: { kind: "user", id: world.ids.next() },
      correlationId: world.ids.next(),
      causationId: world.ids.next(),
      occurredAt: "2026-02-03T04:05:06.789Z",
    };
    await world.units.run(() => world.log.append([event]));
    const [stored] = await visible(world, topic, [event.id]);
    expect(stored).toEqual({ ...event, position: expect.any(Number) });
  });

  test("numbers committed events densely, in the order of the unit, and rolled back ones not at all", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, world.unique("probe.other"), [0]); // whatever was written before has its place now
    const before = await world.log.head();
    const unit = (numbers: readonly number[], fail = false) =>
      world.units.run(async () => {
        await world.log.append(numbers.map((n) => probeEvent(world, topic, { payload: { n } })));
        if (fail) throw new Error("no");
      });
    await unit([1, 2]);
    await expect(unit([3], true)).rejects.toThrow("no");
    await unit([4, 5]);
    const events = await eventually(async () => {
      const read = await world.log.read({ after: before, topics: [topic] });
      expect(read).toHaveLength(4);
      return read;
    });
    expect(events.map(({ payload }) => payload["n"])).toEqual([1, 2, 4, 5]);
    expect(events.map(({ position }) => position)).toEqual([before + 1, before + 2, before + 3, before + 4]);
    expect(await world.log.head()).toBe(before + 4);
  });

  test("keeps the order of an aggregate under concurrent writers", async (world) => {
    const topic = world.unique("probe.written");
    const lead = await storeLead(world);
    const before = await world.log.head();
    const write = () =>
      world.units.run(async () => {
        const locked = await world.leads.get(lead.id, { lock: true });
        const { version } = await world.leads.update(locked as typeof lead);
        await world.log.append([probeEvent(world, topic, { aggregate: { type: "lead", id: lead.id, version } })]);
      });
    await Promise.all(Array.from({ length: 12 }, write));
    const events = await eventually(async () => {
      const read = await world.log.read({ after: before, topics: [topic] });
      expect(read).toHaveLength(12);
      return read;
    });
    expect(events.map(({ aggregate }) => aggregate.version)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 2),
    );
    expect(new Set(events.map(({ position }) => position)).size).toBe(12);
  });
}

function reading({ test }: StorageSuite): void {
  test("reads from a position, by topic, up to a limit", async (world) => {
    const [topic, other] = [world.unique("probe.written"), world.unique("probe.other")];
    await appendNumbers(world, other, [0]);
    const events = await appendNumbers(world, topic, [1, 2, 3]);
    const [first] = events;
    expect(await world.log.read({ after: first?.position ?? 0, topics: [topic] })).toEqual(events.slice(1));
    expect(await world.log.read({ after: 0, topics: [topic], limit: 2 })).toEqual(events.slice(0, 2));
    expect((await world.log.read({ after: 0, topics: [topic, other] })).map(({ topic }) => topic)).toEqual([
      other,
      topic,
      topic,
      topic,
    ]);
    expect((await world.log.read({ after: (first?.position ?? 0) - 1 })).map(({ id }) => id)).toEqual(
      events.map(({ id }) => id),
    );
    expect(await world.log.read({ after: await world.log.head() })).toEqual([]);
  });

  test("shows nothing of another tenant", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1]);
    await world.inTenant(world.unique("tenant"), async () =>
      expect(await world.log.read({ after: 0, topics: [topic] })).toEqual([]),
    );
  });

  test("wakes those that watch, until they stop", async (world) => {
    const topic = world.unique("probe.written");
    let wakes = 0;
    const stop = world.log.watch(() => {
      wakes += 1;
    });
    onTestFinished(stop);
    await appendNumbers(world, topic, [1]);
    await eventually(() => expect(wakes).toBeGreaterThan(0));
    stop();
    const woken = wakes;
    const again = createGate();
    onTestFinished(world.log.watch(() => again.open()));
    await appendNumbers(world, topic, [2]);
    await again.opened;
    expect(wakes).toBe(woken);
  });

  test("goes on when a watcher throws", async (world) => {
    const woken = createGate();
    const stops = [
      world.log.watch(() => {
        throw new Error("a watcher failed");
      }),
      world.log.watch(() => woken.open()),
    ];
    onTestFinished(() => stops.forEach((stop) => stop()));
    await appendNumbers(world, world.unique("probe.written"), [1]);
    await woken.opened;
  });
}

const Delivery = defineCollection("testing.deliveries", {
  schema: z.object({ subscription: z.string(), n: z.number() }),
  indexes: ["subscription"],
});

/** A subscriber that stores what it gets: a second delivery that took effect would be a duplicate key. */
export function storingSubscriber(
  world: StorageWorld,
  topic: string,
  changes: Partial<DurableSubscription> & { before?: (n: number) => Promise<void> | void } = {},
) {
  const { before, ...rest } = changes;
  const name = rest.name ?? world.unique("testing.subscriber");
  const deliveries = world.collections.open(Delivery);
  const batches: (readonly StoredEvent[])[] = [];
  const subscription: DurableSubscription = {
    name,
    topics: [topic],
    async handle(events) {
      batches.push(events);
      for (const event of events) {
        const n = Number(event.payload["n"]);
        await runInContext({ tenantId: event.tenantId }, () =>
          deliveries.insert(`${name}:${event.id}`, { subscription: name, n }),
        );
        await before?.(n);
      }
    },
    ...rest,
  };
  const stored = async (): Promise<readonly number[]> => {
    const page = await deliveries.find(where("subscription").eq(name), { limit: 500 });
    return page.items.map(({ value }) => value.n).toSorted((a, b) => a - b);
  };
  const state = async () => (await world.log.subscriptions()).find((running) => running.name === name);
  const start = async () => {
    const running = await world.log.subscribe(subscription);
    onTestFinished(() => running.stop());
    return running;
  };
  return {
    name,
    start,
    stored,
    state,
    batches,
    delivered: () => batches.flat().map(({ payload }) => Number(payload["n"])),
  };
}

function delivering({ test }: StorageSuite): void {
  test("delivers from the start what is there and what comes, in order, each with one effect", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2, 3]);
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    await appendNumbers(world, topic, [4, 5]);
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3, 4, 5]));
    expect(subscriber.delivered()).toEqual([1, 2, 3, 4, 5]);
  });

  test("begins at the head by default", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2]);
    const subscriber = storingSubscriber(world, topic);
    await subscriber.start();
    await appendNumbers(world, topic, [3]);
    await eventually(async () => expect(await subscriber.stored()).toEqual([3]));
  });

  test("delivers events of all tenants, and of its topics only", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    await appendNumbers(world, world.unique("probe.other"), [1]);
    await appendNumbers(world, topic, [2]);
    await world.inTenant(world.unique("tenant"), () => appendNumbers(world, topic, [3]));
    await eventually(() => expect(subscriber.delivered()).toEqual([2, 3]));
  });

  test("hands over inside a unit of work, at most a batch at a time", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2, 3, 4, 5]);
    const units: boolean[] = [];
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      batchSize: 2,
      before: () => void units.push(executionContext().unitOfWork !== undefined),
    });
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3, 4, 5]));
    expect(Math.max(...subscriber.batches.map(({ length }) => length))).toBeLessThanOrEqual(2);
    expect(new Set(units)).toEqual(new Set([true]));
  });

  test("keeps the order of an aggregate while writers write", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, { from: "start", batchSize: 3 });
    await subscriber.start();
    const contact = await world.contacts.insert(newContact(world));
    const write = () =>
      world.units.run(async () => {
        const locked = await world.contacts.get(contact.id, { lock: true });
        const { version } = await world.contacts.update(locked as typeof contact);
        await world.log.append([
          probeEvent(world, topic, {
            aggregate: { type: "contact", id: contact.id, version },
            payload: { n: version },
          }),
        ]);
      });
    await Promise.all(Array.from({ length: 10 }, write));
    const versions = Array.from({ length: 10 }, (_, index) => index + 2);
    await eventually(async () => expect(await subscriber.stored()).toEqual(versions));
    expect(subscriber.delivered()).toEqual(versions);
  });
}

function failing({ test }: StorageSuite): void {
  test("rolls back what a failed delivery wrote and delivers again", async (world) => {
    const topic = world.unique("probe.written");
    let failures = 2;
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      before: (n) => {
        if (n === 2 && failures-- > 0) throw new Error("not now");
      },
    });
    await appendNumbers(world, topic, [1, 2, 3]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
    expect(subscriber.delivered().filter((n) => n === 2).length).toBe(3);
    expect(await subscriber.state()).toMatchObject({ deadLetters: 0 });
  });

  test("puts an event that keeps failing aside as a dead letter and goes on with the rest", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      maxAttempts: 2,
      before: (n) => {
        if (n === 2) throw new Error("never");
      },
    });
    await appendNumbers(world, topic, [1, 2, 3, 4]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 3, 4]));
    await eventually(async () =>
      expect(await subscriber.state()).toMatchObject({
        deadLetters: 1,
        lag: 0,
        running: true,
        lastError: expect.stringContaining("never"),
      }),
    );
  });

  test("does not let one subscription's failures hold up another", async (world) => {
    const topic = world.unique("probe.written");
    const broken = storingSubscriber(world, topic, {
      from: "start",
      before: () => Promise.reject(new Error("broken")),
    });
    const sound = storingSubscriber(world, topic, { from: "start" });
    await broken.start();
    await sound.start();
    await appendNumbers(world, topic, [1, 2]);
    await eventually(async () => expect(await sound.stored()).toEqual([1, 2]));
    expect(await broken.stored()).toEqual([]);
  });
}

function dying({ test }: StorageSuite): void {
  test("leaves nothing of a delivery that dies at any point, and converges once it lives again", async (world) => {
    for (const point of ["at 1", "at 2", "at 3"]) {
      const topic = world.unique("probe.written");
      const plan = createFaultPlan();
      const subscriber = storingSubscriber(world, topic, { from: "start", before: (n) => plan.pass(`at ${n}`) });
      await appendNumbers(world, topic, [1, 2, 3], world.ids.next());
      plan.crash(point);
      await subscriber.start();
      await eventually(() => expect(plan.passes(point)).toBeGreaterThan(0));
      plan.restart();
      await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
      await eventually(async () => expect(await subscriber.state()).toMatchObject({ lag: 0, deadLetters: 0 }));
    }
  });
}

function jumping({ test }: StorageSuite): void {
  test("numbers and delivers an aggregate's events in order however the time of day is set", async (world) => {
    const [topic, aggregateId] = [world.unique("probe.written"), world.ids.next()];
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    const append = (n: number) =>
      world.units.run(() =>
        world.log.append([probeEvent(world, topic, { payload: { n }, aggregate: { type: "probe", id: aggregateId } })]),
      );
    await append(1);
    world.jump(-HOUR_MS);
    await append(2);
    world.jump(2 * HOUR_MS);
    await append(3);
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
    expect(subscriber.delivered()).toEqual([1, 2, 3]);
  });

  test("delivers again in time though the time of day is set back meanwhile", async (world) => {
    const topic = world.unique("probe.written");
    let fails = true;
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      maxAttempts: 100,
      before() {
        if (fails) throw new CrmError("CRM_TEST_SLOW_DOWN", "Later.", { retryable: true, retryAfterMs: 100 });
      },
    });
    await appendNumbers(world, topic, [1]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.state()).toMatchObject({ lastError: expect.any(String) }));
    world.jump(-HOUR_MS);
    fails = false;
    await eventually(async () => expect(await subscriber.stored()).toEqual([1]));
  });
}

function checkpoints({ test }: StorageSuite): void {
  test("finishes the batch in hand when stopped, delivers nothing afterwards, and goes on from there", async (world) => {
    const topic = world.unique("probe.written");
    const name = world.unique("testing.subscriber");
    const [entered, finish] = [createGate(), createGate()];
    const first = storingSubscriber(world, topic, {
      name,
      from: "start",
      before: async () => (entered.open(), finish.opened),
    });
    const running = await first.start();
    const append = appendNumbers(world, topic, [1]);
    await entered.opened;
    const stopped = running.stop();
    finish.open();
    await stopped;
    await append;
    expect(await first.stored()).toEqual([1]);
    await appendNumbers(world, topic, [2, 3]);
    expect(await first.stored()).toEqual([1]);
    const second = storingSubscriber(world, topic, { name });
    await second.start();
    await eventually(async () => expect(await second.stored()).toEqual([1, 2, 3]));
    expect(second.delivered()).toEqual([2, 3]);
  });

  test("shows how far it is and how much is left", async (world) => {
    const topic = world.unique("probe.written");
    const events = await appendNumbers(world, topic, [1, 2, 3]);
    const stuck = storingSubscriber(world, topic, { from: "start", before: () => Promise.reject(new Error("stuck")) });
    const done = storingSubscriber(world, topic, { from: "start" });
    await stuck.start();
    await done.start();
    await eventually(async () =>
      expect(await stuck.state()).toMatchObject({
        name: stuck.name,
        lag: 3,
        running: true,
        deadLetters: 0,
        lastError: expect.stringContaining("stuck"),
      }),
    );
    await eventually(async () =>
      expect(await done.state()).toMatchObject({ name: done.name, lag: 0, running: true, deadLetters: 0 }),
    );
    expect((await stuck.state())?.position).toBeLessThan(events[0]?.position ?? 0);
    expect((await done.state())?.position).toBeGreaterThanOrEqual(events.at(-1)?.position ?? Infinity);
  });

  test("replays from any position", async (world) => {
    const topic = world.unique("probe.written");
    const delivered: number[] = [];
    const name = world.unique("testing.subscriber");
    const running = await world.log.subscribe({
      name,
      topics: [topic],
      from: "start",
      handle: async (events) => void delivered.push(...events.map(({ payload }) => Number(payload["n"]))),
    });
    onTestFinished(() => running.stop());
    const [first] = await appendNumbers(world, topic, [1, 2, 3]);
    await eventually(() => expect(delivered).toEqual([1, 2, 3]));
    await world.log.replay(name, first?.position ?? 0);
    await eventually(() => expect(delivered).toEqual([1, 2, 3, 2, 3]));
    await appendNumbers(world, topic, [4]);
    await eventually(() => expect(delivered).toEqual([1, 2, 3, 2, 3, 4]));
  });

  test("refuses to replay a subscription that nobody knows", async (world) => {
    await expect(world.log.replay(world.unique("testing.nobody"), 0)).rejects.toMatchObject({
      code: "CRM_EVENT_UNKNOWN_SUBSCRIPTION",
    });
  });
}
