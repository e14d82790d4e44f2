import { everything } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../time/eventually.ts";
import { createGate } from "../time/gate.ts";
import { appendNumbers } from "./event-log/probe-event.ts";
import { storingSubscriber } from "./event-log/storing-subscriber.ts";
import { probeJob } from "./jobs/probe-job.ts";
import { inboundMessage, newAccount, newContact } from "./sample-records.ts";
import { type StorageHarness, startOn } from "./storage-harness.ts";
import { type StorageWorld, worldOf } from "./storage-world.ts";
import { describe, onTestFinished, test } from "../suite/suite-api.ts";

/** What every storage keeps over a restart, and what several kernels on one database owe each other, as far as it can have them. */
export function describeDurability(harness: StorageHarness): void {
  const parts = { one: [], successive: [overRestarts], concurrent: [overRestarts, sharing] }[harness.processes];
  for (const part of parts) part(harness);
}

type Boot = <T>(work: (world: StorageWorld) => Promise<T>) => Promise<T>;

/** A test that boots a kernel on the same database as often as it likes; each one is stopped after its work. */
function onOneDatabase(harness: StorageHarness, name: string, run: (boot: Boot) => Promise<void>): void {
  test(name, async () => {
    const database = await harness.create();
    onTestFinished(() => database.drop?.());
    await run(async (work) => {
      const kernel = await startOn(database);
      try {
        const world = worldOf(kernel, database, "restarted");
        return await kernel.run(() => work(world), { tenantId: world.tenantId });
      } finally {
        await kernel.stop();
      }
    });
  });
}

function overRestarts(harness: StorageHarness): void {
  describe("Durability", () => {
    onOneDatabase(harness, "keeps records, documents, secrets, settings and the log over a restart", async (boot) => {
      const topic = "probe.kept";
      const before = await boot(async (world) => {
        const contact = await world.contacts.insert(newContact(world));
        await world.secrets.namespace("telegram/1").set("session", new Uint8Array([1, 2, 3]));
        await world.settings.set("shop.name", "kept");
        return { contact, events: await appendNumbers(world, topic, [1, 2]) };
      });
      await boot(async (world) => {
        expect((await world.contacts.find(everything)).items).toEqual([before.contact]);
        expect([...((await world.secrets.namespace("telegram/1").get("session"))?.value ?? [])]).toEqual([1, 2, 3]);
        expect(await world.settings.get("shop.name")).toBe("kept");
        expect(await world.log.read({ after: 0, topics: [topic] })).toEqual(before.events);
      });
    });

    onOneDatabase(
      harness,
      "delivers after a restart what was not delivered before, and nothing twice",
      async (boot) => {
        const [topic, name] = ["probe.kept", "testing.restarted"];
        await boot(async (world) => {
          const subscriber = storingSubscriber(world, topic, { name, from: "start" });
          const running = await subscriber.start();
          await appendNumbers(world, topic, [1, 2]);
          await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2]));
          await running.stop();
          await appendNumbers(world, topic, [3, 4]);
        });
        await boot(async (world) => {
          const subscriber = storingSubscriber(world, topic, { name });
          const running = await subscriber.start();
          await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3, 4]));
          expect(subscriber.delivered()).toEqual([3, 4]);
          await running.stop();
        });
      },
    );

    onOneDatabase(harness, "runs after a restart the jobs that waited", async (boot) => {
      const job = await boot(async (world) => {
        const job = probeJob(world);
        await world.jobs.enqueue(job, { n: 1 });
        await world.jobs.enqueue(job, { n: 2 }, { key: "thing" });
        return job;
      });
      await boot(async (world) => {
        const seen: number[] = [];
        const worker = await world.jobs.work(job, async ({ data }) => void seen.push(data.n));
        await eventually(() => expect(seen.toSorted()).toEqual([1, 2]));
        await worker.stop();
      });
    });

    onOneDatabase(harness, "knows after a restart which messages it has received", async (boot) => {
      const message = await boot(async (world) => {
        const account = await world.accounts.insert(newAccount(world));
        const message = inboundMessage(world, account.id);
        await world.intake.accept(message);
        return message;
      });
      expect((await boot((world) => world.intake.accept(message))).duplicate).toBe(true);
    });

    onOneDatabase(harness, "lets a lease go when its kernel stops, and goes on counting its holders", async (boot) => {
      const first = await boot(async (world) => (await world.leases.acquire("testing.lease")).fencingToken);
      const second = await boot(async (world) => (await world.leases.acquire("testing.lease")).fencingToken);
      expect(second).toBeGreaterThan(first);
    });
  });
}

/** Two kernels on one database at the same time. */
function pair(
  harness: StorageHarness,
  name: string,
  run: (one: StorageWorld, other: StorageWorld, stop: (world: StorageWorld) => Promise<void>) => Promise<void>,
): void {
  test(name, async () => {
    const database = await harness.create();
    onTestFinished(() => database.drop?.());
    const kernels = [await startOn(database), await startOn(database)] as const;
    onTestFinished(() => Promise.all(kernels.map((kernel) => kernel.stop())).then(() => undefined));
    const [one, other] = [worldOf(kernels[0], database, "shared"), worldOf(kernels[1], database, "shared")];
    await kernels[0].run(() => run(one, other, (world) => world.kernel.stop()), { tenantId: "shared" });
  });
}

function sharing(harness: StorageHarness): void {
  describe("Several kernels on one database", () => {
    pair(harness, "let one of them serve a subscription, and the other take over", async (one, other, stop) => {
      const [topic, name] = ["probe.shared", "testing.shared"];
      const subscribers = [one, other].map((world) => storingSubscriber(world, topic, { name, from: "start" }));
      for (const subscriber of subscribers) await subscriber.start();
      await appendNumbers(one, topic, [1, 2, 3]);
      await eventually(async () => expect(await subscribers[0]?.stored()).toEqual([1, 2, 3]));
      expect(subscribers.flatMap((subscriber) => subscriber.delivered()).toSorted()).toEqual([1, 2, 3]);
      await stop(one);
      await appendNumbers(other, topic, [4, 5]);
      await eventually(async () => expect(await subscribers[1]?.stored()).toEqual([1, 2, 3, 4, 5]), {
        deadlineMs: 25_000,
      });
    });

    pair(harness, "run each job once, and one job of a key at a time", async (one, other) => {
      const job = probeJob(one);
      const seen: number[] = [];
      let [now, most] = [0, 0];
      const work = async (world: StorageWorld) => {
        await world.jobs.work(job, async ({ data }) => {
          most = data.n >= 100 ? Math.max(most, ++now) : most;
          seen.push(data.n);
          await world.settings.get("testing.anything");
          now -= data.n >= 100 ? 1 : 0;
        });
      };
      await work(one);
      await work(other);
      await one.units.run(async () => {
        for (let n = 0; n < 20; n += 1) await one.jobs.enqueue(job, { n });
      });
      await eventually(() => expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n)));
      await one.jobs.enqueue(job, { n: 100 }, { key: "thing" });
      await eventually(() => expect(seen).toContain(100));
      await other.jobs.enqueue(job, { n: 101 }, { key: "thing" });
      await eventually(() => expect(seen).toContain(101));
      expect(most).toBe(1);
    });

    pair(harness, "see each other's events and are woken by them", async (one, other) => {
      const woken = createGate();
      onTestFinished(other.log.watch(() => woken.open()));
      const events = await appendNumbers(one, "probe.shared", [1]);
      await woken.opened;
      await eventually(async () =>
        expect(await other.log.read({ after: 0, topics: ["probe.shared"] })).toEqual(events),
      );
    });

    pair(harness, "respect each other's leases, and hand them on when they stop", async (one, other, stop) => {
      const lease = await one.leases.acquire("testing.lease");
      expect(await other.leases.tryAcquire("testing.lease")).toBeUndefined();
      await stop(one);
      expect(lease.signal.aborted).toBe(true);
      const next = await other.leases.acquire("testing.lease");
      expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
    });

    pair(harness, "share one rate budget", async (one, other) => {
      const limit = { permits: 2, perMs: 300 };
      const started = one.clock.now();
      await Promise.all([one, other, one, other, one].map((world) => world.budget.take("testing.budget", limit)));
      expect(one.clock.now() - started).toBeGreaterThanOrEqual(580);
    });

    pair(harness, "receive a message once though both get it", async (one, other) => {
      const account = await one.accounts.insert(newAccount(one));
      const messages = Array.from({ length: 8 }, () => inboundMessage(one, account.id));
      const receipts = await Promise.all(
        messages.flatMap((message) => [one.intake.accept(message), other.intake.accept(message)]),
      );
      expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(8);
      expect(await one.messages.count(everything)).toBe(8);
    });
  });
}
