import { CrmError, executionContext } from "@crmessenger/kernel";
import { type Clock, type DurableSubscription, type NewEvent, systemClock } from "@crmessenger/kernel/infrastructure";
import { createGate, eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { places, postgresPlace, servicesOn } from "./places.ts";
import type { Services } from "./services.ts";

const TOPIC = "testing.happened";

function event({ ids, clock }: Services, n: number, topic = TOPIC): NewEvent {
  const { tenantId, actor, correlationId, causationId } = executionContext();
  const id = ids.next();
  return {
    id,
    topic,
    version: 1,
    aggregate: { type: "probe", id },
    payload: { n },
    tenantId,
    actor,
    correlationId,
    causationId,
    occurredAt: new Date(clock.now()).toISOString(),
  };
}

async function append(services: Services, numbers: readonly number[], topic = TOPIC): Promise<void> {
  await services.unitOfWork.run(() => services.eventLog.append(numbers.map((n) => event(services, n, topic))));
}

/** A subscription that notes what it gets. */
function noting(name: string, changes: Partial<DurableSubscription> = {}) {
  const delivered: number[] = [];
  const sizes: number[] = [];
  const subscription: DurableSubscription = {
    name,
    topics: [TOPIC],
    async handle(events) {
      sizes.push(events.length);
      delivered.push(...events.map(({ payload }) => Number(payload["n"])));
    },
    ...changes,
  };
  return { subscription, delivered, sizes };
}

const DAY = 86_400_000;

/** The real time, and a way to have whoever waits for as long as a day go on. */
function skippingClock() {
  const waiting = new Set<() => void>();
  let skipped = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + skipped,
    schedule(milliseconds, run) {
      if (milliseconds < DAY / 2) return systemClock.schedule(milliseconds, run);
      waiting.add(run);
      return () => void waiting.delete(run);
    },
  };
  const skip = (milliseconds: number) => {
    skipped += milliseconds;
    const due = Array.from(waiting); // who runs may wait again
    waiting.clear();
    for (const run of due) run();
  };
  return { clock, skip };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

for (const [name, create] of Object.entries(places)) {
  describe(`The event log on ${name}`, () => {
    test("numbers more events than it takes at once, densely and in order", async () => {
      const services = await servicesOn(await create());
      await append(services, range(1, 2_500));
      expect(await services.eventLog.head()).toBe(2_500);
      const last = await services.eventLog.read({ after: 1_500, limit: 5_000 });
      expect(last).toHaveLength(1_000);
      expect(last.map(({ position, payload }) => [position, payload["n"]])).toEqual(
        range(1_501, 2_500).map((n) => [n, n]),
      );
    });

    test("hands over what came while a patient subscription waited in one go", async () => {
      const { clock, skip } = skippingClock();
      const services = await servicesOn(await create(), { clock });
      const [prompt, patient] = [noting("testing.prompt"), noting("testing.patient", { lingerMs: DAY })];
      await services.eventLog.subscribe(prompt.subscription);
      await services.eventLog.subscribe(patient.subscription);
      const afterADay = (delivered: readonly number[]) =>
        eventually(
          () => {
            skip(DAY);
            expect(patient.delivered).toEqual(delivered);
          },
          { everyMs: 100, deadlineMs: 20_000 },
        );
      await append(services, [1]);
      await afterADay([1]); // whatever comes before a subscription has begun is handed over at once
      for (const n of [2, 3]) {
        await append(services, [n]);
        await eventually(() => expect(prompt.delivered.at(-1)).toBe(n));
      }
      expect(patient.delivered).toEqual([1]);
      await afterADay([1, 2, 3]);
      expect(patient.sizes).toEqual([1, 2]);
    });

    test("serves those at the end and those far behind, each with all of its topics", async () => {
      const services = await servicesOn(await create());
      const [early, late] = [noting("testing.early"), noting("testing.late", { from: "start" })];
      await services.eventLog.subscribe(early.subscription);
      for (let from = 1; from <= 2_400; from += 400) {
        await append(services, range(from, from + 399));
        await append(services, [0], "testing.other");
      }
      await services.eventLog.subscribe(late.subscription);
      await append(services, [2_401]);
      await eventually(() => expect([early.delivered.length, late.delivered.length]).toEqual([2_401, 2_401]));
      expect(early.delivered).toEqual(range(1, 2_401));
      expect(late.delivered).toEqual(range(1, 2_401));
      expect(Math.max(...late.sizes)).toBeLessThanOrEqual(100);
    });

    test("keeps for a new subscription what comes between its registration and its first delivery", async () => {
      const services = await servicesOn(await create());
      await append(services, [1]);
      const { subscription, delivered } = noting("testing.registered");
      await (await services.eventLog.subscribe(subscription)).stop();
      await append(services, [2, 3]);
      await services.eventLog.subscribe(subscription);
      await eventually(() => expect(delivered).toEqual([2, 3]));
    });

    test("writes down when it stops that there was nothing more", async () => {
      const services = await servicesOn(await create());
      const { subscription, delivered } = noting("testing.idle", { from: "start" });
      const running = await services.eventLog.subscribe(subscription);
      await append(services, [1]);
      await eventually(() => expect(delivered).toEqual([1]));
      await append(services, range(1, 20), "testing.other");
      await services.eventLog.head();
      await running.stop();
      await append(services, [2, 3]);
      expect(await services.eventLog.subscriptions()).toEqual([]);
      const unknown = { name: "testing.never-ran", topics: [] };
      expect(await services.eventLog.subscriptions([subscription, unknown])).toMatchObject([
        { name: "testing.idle", lag: 2, running: false },
      ]);
      await services.eventLog.subscribe(subscription);
      await eventually(async () =>
        expect(await services.eventLog.subscriptions()).toMatchObject([{ name: "testing.idle", position: 23, lag: 0 }]),
      );
    });

    test("counts failures over a restart and keeps where a dead letter comes from", async () => {
      const place = await create();
      const first = await servicesOn(place);
      let calls = 0;
      const handle = () => {
        calls += 1;
        return Promise.reject(new CrmError("CRM_TEST_NEVER", "Never\0ever."));
      };
      const { subscription } = noting("testing.failing", { from: "start", maxAttempts: 4, handle });
      await append(first, [1]);
      await first.eventLog.subscribe(subscription);
      await eventually(() => expect(calls).toBeGreaterThanOrEqual(2));
      await first.stop();
      const second = await servicesOn(place);
      await second.eventLog.subscribe(subscription);
      await eventually(async () =>
        expect(await second.eventLog.subscriptions()).toMatchObject([
          { deadLetters: 1, lag: 0, position: 1, lastError: "CRM_TEST_NEVER: Never\uFFFDever." },
        ]),
      );
      expect(calls).toBe(4);
      const { rows } = await second.database.query(
        "select subscription, position, topic, tenant_id, attempts, error_code, error_message from event_dead_letters",
      );
      expect(rows).toEqual([
        {
          subscription: "testing.failing",
          position: 1,
          topic: TOPIC,
          tenant_id: "default",
          attempts: 4,
          error_code: "CRM_TEST_NEVER",
          error_message: "Never\uFFFDever.",
        },
      ]);
    });

    test("does not blame an event for a database that is not there", async () => {
      const services = await servicesOn(await create());
      let troubles = 3;
      const { subscription, delivered } = noting("testing.troubled", { from: "start", maxAttempts: 1 });
      await append(services, [1, 2]);
      await services.eventLog.subscribe({
        ...subscription,
        async handle(events) {
          if (troubles-- > 0)
            throw new CrmError(troubles % 2 === 0 ? "CRM_STORAGE_UNAVAILABLE" : "CRM_UOW_CONFLICT", "Not now.", {
              retryable: true,
            });
          await subscription.handle(events);
        },
      });
      await eventually(() => expect(delivered).toEqual([1, 2]));
      expect(await services.eventLog.subscriptions()).toMatchObject([{ deadLetters: 0 }]);
    });

    test("replays within a unit of work only if that commits", async () => {
      const services = await servicesOn(await create());
      const { subscription, delivered } = noting("testing.replayed", { from: "start" });
      await append(services, [1, 2]);
      await services.eventLog.subscribe(subscription);
      await eventually(() => expect(delivered).toEqual([1, 2]));
      const undone = services.unitOfWork.run(async () => {
        await services.eventLog.replay("testing.replayed", 0);
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      await services.unitOfWork.run(() => services.eventLog.replay("testing.replayed", 1));
      await eventually(() => expect(delivered).toEqual([1, 2, 2]));
    });

    test("finishes what is in hand when the storage stops", async () => {
      const services = await servicesOn(await create());
      const [entered, finish] = [createGate(), createGate()];
      let finished = false;
      const { subscription } = noting("testing.stopped", {
        async handle() {
          entered.open();
          await finish.opened;
          finished = true;
        },
      });
      await services.eventLog.subscribe(subscription);
      await append(services, [1]);
      await entered.opened;
      const stopped = services.eventLog.stop();
      finish.open();
      await stopped;
      expect(finished).toBe(true);
    });
  });
}

describe("Several writers and readers on PostgreSQL 15", () => {
  test("lets a patient subscription wait again for more than what came while it was busy", async () => {
    const { clock, skip } = skippingClock();
    const services = await servicesOn(await postgresPlace(), { clock });
    const prompt = noting("testing.prompt");
    const free = createGate();
    let isBusy = false;
    const patient = noting("testing.busy", { lingerMs: DAY });
    const { handle } = patient.subscription;
    await services.eventLog.subscribe(prompt.subscription);
    await services.eventLog.subscribe({
      ...patient.subscription,
      async handle(events) {
        if (patient.delivered.length === 0) {
          isBusy = true;
          await free.opened;
        }
        await handle(events);
      },
    });
    await append(services, [1]);
    await eventually(
      () => {
        skip(DAY);
        expect(isBusy).toBe(true);
      },
      { everyMs: 100, deadlineMs: 20_000 },
    );
    await append(services, [2]);
    free.open(undefined);
    await eventually(() => expect(patient.delivered).toEqual([1]));
    await append(services, [3]);
    await eventually(() => expect(prompt.delivered.at(-1)).toBe(3));
    expect(patient.delivered).toEqual([1]);
    await eventually(
      () => {
        skip(DAY);
        expect(patient.delivered).toEqual([1, 2, 3]);
      },
      { everyMs: 100, deadlineMs: 20_000 },
    );
    expect(patient.sizes).toEqual([1, 2]);
  });

  test("an event that was drawn first and committed last is neither lost nor early", async () => {
    const services = await servicesOn(await postgresPlace());
    const { subscription, delivered } = noting("testing.late");
    await services.eventLog.subscribe(subscription);
    const [drawn, commit] = [createGate(), createGate()];
    const slow = services.unitOfWork.run(async () => {
      await services.eventLog.append([event(services, 1)]);
      // The events are written in the first round before the commit; this holds the commit back until told.
      services.database.beforeCommit({}, async () => {
        drawn.open();
        await commit.opened;
      });
    });
    await drawn.opened;
    await eventually(async () =>
      expect(
        (
          await services.database.query(
            "select from pg_stat_activity where state = 'idle in transaction' and query like '%into events%'",
          )
        ).rows,
      ).toHaveLength(1),
    );
    await append(services, [2]);
    await eventually(() => expect(delivered).toEqual([2]));
    commit.open();
    await slow;
    await eventually(() => expect(delivered).toEqual([2, 1]));
    expect(
      (await services.eventLog.read({ after: 0 })).map(({ position, payload }) => [position, payload["n"]]),
    ).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  test("processes number at the same time without a gap or a double", async () => {
    const place = await postgresPlace();
    const all = [await servicesOn(place), await servicesOn(place), await servicesOn(place)];
    const { subscription, delivered } = noting("testing.shared");
    for (const services of all) await services.eventLog.subscribe(subscription);
    await Promise.all(
      all.flatMap((services, process) => range(1, 40).map((n) => append(services, [process * 1_000 + n]))),
    );
    await eventually(() => expect(delivered).toHaveLength(120));
    expect(new Set(delivered).size).toBe(120);
    const [first] = all as [Services];
    expect((await first.eventLog.read({ after: 0, limit: 1_000 })).map(({ position }) => position)).toEqual(
      range(1, 120),
    );
  });

  test("a replay asked for in one process is carried out by the one that serves", async () => {
    const place = await postgresPlace();
    const [serving, other] = [await servicesOn(place), await servicesOn(place)];
    const { subscription, delivered } = noting("testing.remote", { from: "start" });
    await serving.eventLog.subscribe(subscription);
    await append(other, [1, 2]);
    await eventually(() => expect(delivered).toEqual([1, 2]));
    await other.eventLog.replay("testing.remote", 0);
    await eventually(() => expect(delivered).toEqual([1, 2, 1, 2]));
  });
});
