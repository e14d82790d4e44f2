import { DEFAULT_TENANT, systemActor } from "@crmessenger/kernel";
import { EventLog, type NewEvent, Settings, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { createGate, createTestClock, createTestKernel, sequentialIds } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { memory } from "../plugin.ts";

const TOPIC = "probe.written";

async function start() {
  const clock = createTestClock();
  const ids = sequentialIds();
  const kernel = await createTestKernel({ plugins: [memory()], clock, ids });
  const log = kernel.get(EventLog);
  const append = (n: number) => {
    const id = ids.next();
    const occurredAt = new Date(clock.now()).toISOString();
    const event: NewEvent = {
      id,
      topic: TOPIC,
      version: 1,
      aggregate: { type: "probe", id },
      payload: { n },
      tenantId: DEFAULT_TENANT,
      actor: systemActor,
      correlationId: id,
      causationId: null,
      occurredAt,
    };
    return kernel.get(UnitOfWork).run(() => log.append([event]));
  };
  return { clock, kernel, log, append, [Symbol.asyncDispose]: () => kernel.stop() };
}

test("waits longer after every failure before it delivers an event again", async () => {
  await using world = await start();
  const times: number[] = [];
  await world.log.subscribe({
    name: "testing.failing",
    topics: [TOPIC],
    maxAttempts: 5,
    handle: async () => {
      times.push(world.clock.now());
      throw new Error("never");
    },
  });
  await world.append(1);
  await world.clock.advance(60_000);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(pauses).toEqual([50, 100, 200, 400]);
  expect(await world.log.subscriptions()).toEqual([
    { name: "testing.failing", position: 1, lag: 0, deadLetters: 1, running: true, lastError: "never" },
  ]);
});

test("serves a name once, and lets the next one take over", async () => {
  await using world = await start();
  const seen: string[] = [];
  const subscribe = (who: string) =>
    world.log.subscribe({
      name: "testing.shared",
      topics: [TOPIC],
      handle: async (events) => void seen.push(...events.map(({ payload }) => `${who}${String(payload["n"])}`)),
    });
  const [first, second, third] = [await subscribe("a"), await subscribe("b"), await subscribe("c")];
  await world.append(1);
  await world.clock.settle();
  expect((await world.log.subscriptions()).map(({ running }) => running)).toEqual([true, false, false]);
  await second.stop();
  await world.append(2);
  await world.clock.settle();
  await first.stop();
  await world.append(3);
  await world.clock.settle();
  expect(seen).toEqual(["a1", "a2", "c3"]);
  await third.stop();
});

test("undoes a delivery whose checkpoint a replay has moved meanwhile", async () => {
  await using world = await start();
  const settings = world.kernel.get(Settings);
  const [entered, finish] = [createGate(), createGate()];
  const seen: number[] = [];
  for (const n of [1, 2]) await world.append(n);
  await world.log.subscribe({
    name: "testing.replayed",
    topics: [TOPIC],
    from: "start",
    batchSize: 1,
    handle: async ([event]) => {
      const n = Number(event?.payload["n"]);
      seen.push(n);
      if (n !== 2) return;
      entered.open();
      await finish.opened;
      await settings.set("testing.deliveries", Number((await settings.get("testing.deliveries")) ?? 0) + 1);
    },
  });
  await entered.opened;
  await world.log.replay("testing.replayed", 0);
  finish.open();
  await world.clock.settle();
  expect(seen).toEqual([1, 2, 1, 2]);
  expect(await settings.get("testing.deliveries")).toBe(1);
});
