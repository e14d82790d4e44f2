import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { everything } from "@crmessenger/kernel/infrastructure";
import { eventually } from "@crmessenger/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { CrashJob, Effects, LEASE, SUBSCRIPTION, TOPIC, append } from "./crash-child.ts";
import { places, postgresPlace, servicesOn } from "./places.ts";
import type { Place, Services } from "./services.ts";

/** A process that runs a scenario until it is killed. */
function start(scenario: string, place: Place, first = 1): ChildProcess {
  const child = fork(
    fileURLToPath(new URL("crash-child.ts", import.meta.url)),
    [JSON.stringify([scenario, place, first])],
    {
      execArgv: ["--conditions=@crmessenger/source"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Resolves when the process has sent the message so often. */
function heard(child: ChildProcess, message: string, times = 1): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = times;
  child.on("message", (sent) => {
    if (sent === message && (left -= 1) === 0) resolve();
  });
  child.once("exit", (code, signal) =>
    reject(new Error(`The process ended with ${code ?? signal} instead of sending "${message}".`)),
  );
  return promise;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

async function killed(scenario: string, place: Place): Promise<void> {
  const child = start(scenario, place);
  await heard(child, "arrived");
  await kill(child);
}

async function effectsOf({ collections }: Services): Promise<readonly string[]> {
  const { items } = await collections
    .open(Effects)
    .find(everything, { limit: 500, sort: [{ field: "id", direction: "asc" }] });
  return items.map(({ key }) => key);
}

function subscribe(services: Services, delivered: number[]): Promise<unknown> {
  const effects = services.collections.open(Effects);
  return services.eventLog.subscribe({
    name: SUBSCRIPTION,
    topics: [TOPIC],
    from: "start",
    async handle(events) {
      for (const { payload } of events) {
        delivered.push(Number(payload["n"]));
        await effects.insert(`event-${String(payload["n"])}`, { by: process.pid });
      }
    },
  });
}

const EVENTS = ["event-1", "event-2", "event-3"];

for (const [name, create] of Object.entries(places)) {
  describe(`After a kill, on ${name}`, () => {
    test("a subscription delivers again what had not committed, with one effect", async () => {
      const place = await create();
      await killed("in a subscription's unit of work", place);
      const services = await servicesOn(place);
      expect(await effectsOf(services)).toEqual([]);
      const delivered: number[] = [];
      await subscribe(services, delivered);
      await eventually(async () => expect(await effectsOf(services)).toEqual(EVENTS));
      expect(delivered).toEqual([1, 2, 3]);
    });

    test("a job that was running is run again soon, and its failure is not counted", async () => {
      const place = await create();
      await killed("in a job", place);
      const services = await servicesOn(place);
      const attempts: number[] = [];
      await services.jobs.work(CrashJob, async ({ data, attempt }) => {
        if (data.n === 1) return; // it had run, but may have been killed before that was noted
        attempts.push(attempt);
        if (attempts.length < CrashJob.maxAttempts) throw new Error("not yet");
      });
      await eventually(
        () => expect(attempts).toEqual(Array.from({ length: CrashJob.maxAttempts }, (_, index) => index + 2)),
        { deadlineMs: 20_000 },
      );
      await eventually(async () =>
        expect(await services.jobs.states()).toEqual([{ name: CrashJob.name, waiting: 0, running: 0, deadLetters: 0 }]),
      );
      expect(await effectsOf(services)).toEqual(["job-1", "job-2"]);
    });

    test("unnumbered events are delivered, waiting jobs are run, and leases are free long before they would have run out", async () => {
      const place = await create();
      await killed("with things to do", place);
      const services = await servicesOn(place);
      const lease = await services.leases.acquire(LEASE, { signal: AbortSignal.timeout(10_000) });
      expect(lease.fencingToken).toBe(2);
      expect(
        (await services.eventLog.read({ after: 0 })).map(({ position, payload }) => [position, payload["n"]]),
      ).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      await subscribe(services, []);
      await eventually(async () => expect(await effectsOf(services)).toEqual(EVENTS));
      const seen: number[] = [];
      await services.jobs.work(CrashJob, async ({ data }) => void seen.push(data.n));
      await eventually(() => expect(seen).toEqual([1]));
    });

    test("everything comes about once, however often the process is killed on the way", async () => {
      const place = await create();
      for (const [message, times, first] of [
        ["handled", 4, 1],
        ["ran", 3, 21],
      ] as const) {
        const child = start("while it serves", place, first);
        await heard(child, message, times);
        await kill(child);
      }
      const services = await servicesOn(place);
      await subscribeToTheEnd(services);
      await eventually(
        async () => expect((await effectsOf(services)).filter((key) => key.startsWith("event-"))).toHaveLength(40),
        { deadlineMs: 20_000 },
      );
      await eventually(
        async () =>
          expect(await services.jobs.states()).toEqual([
            { name: CrashJob.name, waiting: 0, running: 0, deadLetters: 0 },
          ]),
        { deadlineMs: 20_000 },
      );
      // Jobs of one key are one as long as they wait, but each key had its turn.
      const ran = (await effectsOf(services)).flatMap((key) =>
        key.startsWith("job-") ? [Number(key.slice(4)) % 4] : [],
      );
      expect(new Set(ran)).toEqual(new Set([0, 1, 2, 3]));
    }, 60_000);
  });
}

async function subscribeToTheEnd(services: Services): Promise<void> {
  const effects = services.collections.open(Effects);
  await services.jobs.work(
    CrashJob,
    async ({ data }) => void (await effects.put(`job-${data.n}`, { by: process.pid })),
  );
  await services.eventLog.subscribe({
    name: SUBSCRIPTION,
    topics: [TOPIC],
    async handle(events) {
      for (const { payload } of events) {
        await effects.insert(`event-${String(payload["n"])}`, { by: process.pid });
        await services.jobs.enqueue(CrashJob, { n: Number(payload["n"]) }, { key: `key-${Number(payload["n"]) % 4}` });
      }
    },
  });
}

describe("Two processes on PostgreSQL 15", () => {
  test("the second one takes over a subscription when the first is killed", async () => {
    const place = await postgresPlace();
    const child = start("while it serves", place);
    await heard(child, "ready");
    const services = await servicesOn(place);
    const delivered: number[] = [];
    await subscribe(services, delivered);
    const events = async () => (await effectsOf(services)).filter((key) => key.startsWith("event-"));
    await eventually(async () => expect(await events()).toHaveLength(20));
    await kill(child);
    await append(services, [21, 22]);
    await eventually(async () => expect(await events()).toHaveLength(22));
    expect(delivered).toEqual([21, 22]);
  });
});
