import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { EventDispatcher } from "../bus/event-dispatcher.ts";
import { type ExecutionContext, executionContext } from "../context/execution-context.ts";
import { defineJob } from "../infrastructure/jobs.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { UnitOfWork } from "../infrastructure/unit-of-work.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import { type Plugin, work } from "../plugin/plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { createKernel } from "./create-kernel.ts";

const Rang = defineEvent("bell.rang", { 1: z.object({ times: z.number() }) });
const Fell = defineEvent("bell.fell", { 1: z.object({}) });
const Polish = defineJob("bell.polish", { data: z.object({ shine: z.number() }) });

async function start(storage: ProbeStorage, ...plugins: readonly Plugin[]) {
  const kernel = await createKernel({ plugins: [storage.plugin(), ...plugins], logger: silentLogger });
  const ring = (context: Partial<ExecutionContext> = {}) =>
    kernel.run(
      () =>
        kernel
          .get(UnitOfWork)
          .run(() => kernel.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b1" }, { times: 2 })),
      context,
    );
  return { kernel, ring, [Symbol.asyncDispose]: () => kernel.stop() };
}

describe("a plugin's subscription", () => {
  test("acts as its plugin with the declared permissions, in the event's tenant and correlation, caused by the event", async () => {
    const storage = new ProbeStorage();
    const contexts: ExecutionContext[] = [];
    const listener = definePlugin({
      id: "listener",
      version: "1.0.0",
      permissions: ["sales.*"],
      subscribe: (events) => void events.on(Rang, async () => void contexts.push(executionContext())),
    });
    await using world = await start(storage, listener());
    await world.ring({ tenantId: "t1", actor: { kind: "user", id: "u1" }, correlationId: "c1" });
    await storage.deliver();
    expect(contexts).toEqual([
      expect.objectContaining({
        tenantId: "t1",
        actor: { kind: "plugin", id: "listener" },
        subject: { kind: "plugin", id: "listener", tenantId: "t1", roles: [], teams: [], permissions: ["sales.*"] },
        correlationId: "c1",
        causationId: storage.events[0]?.id,
        unitOfWork: expect.any(Object),
      }),
    ]);
  });

  test("is durable under the plugin's name, several under names of their own", async () => {
    const storage = new ProbeStorage();
    const listener = definePlugin({
      id: "listener",
      version: "1.0.0",
      subscribe(events) {
        events.on(Rang, async () => undefined).on(Fell, async () => undefined);
        events.subscription({ name: "slow", from: "start", maxAttempts: 3 }).on(Rang, async () => undefined);
        events.subscription({ name: "empty" });
      },
    });
    await using world = await start(storage, listener());
    expect(
      storage.subscriptions.map(({ name, topics, from, maxAttempts }) => ({ name, topics, from, maxAttempts })),
    ).toEqual([
      { name: "listener.main", topics: ["bell.rang", "bell.fell"], from: undefined, maxAttempts: undefined },
      { name: "listener.slow", topics: ["bell.rang"], from: "start", maxAttempts: 3 },
    ]);
    expect(world.kernel.inspect().plugins[1]?.subscriptions.map(({ name }) => name)).toEqual([
      "listener.main",
      "listener.slow",
    ]);
  });

  test("gets each event in turn, and a failure stops the batch", async () => {
    const storage = new ProbeStorage();
    const seen: number[] = [];
    const listener = definePlugin({
      id: "listener",
      version: "1.0.0",
      subscribe: (events) =>
        void events.on(Rang, async ({ position, payload }) => {
          seen.push(position * 10 + payload.times);
          if (position === 2) throw new Error("the second fails");
        }),
    });
    await using world = await start(storage, listener());
    for (let times = 0; times < 3; times += 1) await world.ring();
    await expect(storage.deliver()).rejects.toThrow("the second fails");
    expect(seen).toEqual([12, 22]);
  });

  test("refuses a version that it was not written for", async () => {
    const storage = new ProbeStorage();
    const Newer = defineEvent("bell.rang", { 2: z.object({ count: z.number() }) });
    const listener = definePlugin({
      id: "listener",
      version: "1.0.0",
      subscribe: (events) => void events.on(Newer, async () => undefined),
    });
    await using world = await start(storage, listener());
    await world.ring();
    await expect(storage.deliver()).rejects.toMatchObject({
      code: "CRM_EVENT_VERSION",
      details: { plugin: "listener", topic: "bell.rang", version: 1 },
    });
  });
});

describe("a plugin's job", () => {
  test("acts as its plugin in the enqueuer's tenant and correlation, caused by the job", async () => {
    const storage = new ProbeStorage();
    const seen: { context: ExecutionContext; shine: number }[] = [];
    const polisher = definePlugin({
      id: "polisher",
      version: "1.0.0",
      permissions: ["testing.*"],
      boot: () => ({
        jobs: [work(Polish, async ({ data }) => void seen.push({ context: executionContext(), shine: data.shine }))],
      }),
    });
    await using world = await start(storage, polisher());
    await storage.runJob(
      "bell.polish",
      { shine: 3 },
      { tenantId: "t1", actor: { kind: "user", id: "u1" }, correlationId: "c1" },
    );
    expect(seen).toEqual([
      {
        shine: 3,
        context: expect.objectContaining({
          tenantId: "t1",
          actor: { kind: "plugin", id: "polisher" },
          subject: expect.objectContaining({
            kind: "plugin",
            id: "polisher",
            tenantId: "t1",
            permissions: ["testing.*"],
          }),
          correlationId: "c1",
          causationId: "job-1",
        }),
      },
    ]);
    expect(world.kernel.inspect().plugins[1]?.jobs).toEqual(["bell.polish"]);
  });

  test("needs a queue, and says so", async () => {
    const polisher = definePlugin({
      id: "polisher",
      version: "1.0.0",
      boot: () => ({ jobs: [work(Polish, async () => undefined)] }),
    });
    await expect(createKernel({ plugins: [polisher()], logger: silentLogger })).rejects.toMatchObject({
      code: "CRM_KERNEL_MISSING_CONTRACT",
      message: expect.stringMatching(/"polisher" has jobs.*infrastructure\.jobs@1/),
    });
  });
});

test("deliveries begin when everybody has started, and end before anybody stops", async () => {
  const storage = new ProbeStorage();
  const order: string[] = [];
  const both = definePlugin({
    id: "both",
    version: "1.0.0",
    boot: () => ({
      jobs: [work(Polish, async () => undefined)],
      start: async () => void order.push(`start with ${storage.subscriptions.length + storage.workers.size}`),
      ready: async () => void order.push(`ready with ${storage.subscriptions.length + storage.workers.size}`),
      stop: async () => void order.push(`stop after ${storage.stopped.toSorted().join(", ")}`),
    }),
    subscribe: (events) => void events.on(Rang, async () => undefined),
  });
  const { kernel } = await start(storage, both());
  await kernel.stop();
  expect(order).toEqual(["start with 0", "ready with 2", "stop after subscription both.main, worker bell.polish"]);
});
