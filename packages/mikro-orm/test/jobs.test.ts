import { CrmError, runOutsideUnitOfWork } from "@crmessenger/kernel";
import { type JobDefinition, type JobRun, defineJob } from "@crmessenger/kernel/infrastructure";
import { createGate, eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { places, postgresPlace, servicesOn, sharedServices } from "./places.ts";
import type { Services } from "./services.ts";

const HOUR_MS = 3_600_000;
const NOTHING = { waiting: 0, running: 0, deadLetters: 0 };

type Probe = { readonly n: number };

const probe = (name: string, changes: Partial<JobDefinition<Probe>> = {}) =>
  defineJob<Probe>(name, { data: z.object({ n: z.number() }), backoffMs: 10, maxBackoffMs: 50, ...changes });

const stateOf = async ({ jobs }: Services, { name }: { readonly name: string }) =>
  (await jobs.states()).find((state) => state.name === name);

for (const [name, create] of Object.entries(places)) {
  describe(`Jobs on ${name}`, () => {
    const shared = sharedServices(create);

    test("refuse what could never run", async () => {
      const { jobs } = shared();
      await expect(jobs.enqueue(probe("testing.probe; drop table job"), { n: 1 })).rejects.toMatchObject({
        code: "CRM_JOB_NAME",
      });
      await expect(jobs.enqueue(probe("testing.probe"), { n: "one" } as never)).rejects.toMatchObject({
        code: "CRM_JOB_DATA",
        status: 422,
        details: { job: "testing.probe", issues: [{ path: "n" }] },
      });
      await expect(jobs.enqueue(probe("testing.probe"), { n: 1 }, { runAt: "tomorrow" })).rejects.toMatchObject({
        code: "CRM_JOB_RUN_AT",
        status: 422,
      });
      expect(await jobs.states()).toEqual([]); // not even a queue was made
    });

    test("run in the order in which one unit of work enqueued them", async () => {
      const services = shared();
      const job = probe("testing.ordered", { concurrency: 1 });
      const numbers = Array.from({ length: 30 }, (_, n) => n);
      await services.unitOfWork.run(async () => {
        for (const n of numbers) await services.jobs.enqueue(job, { n });
      });
      const seen: number[] = [];
      await services.jobs.work(job, async ({ data }) => void seen.push(data.n));
      await eventually(() => expect(seen).toEqual(numbers));
    });

    test("keep with a dead letter where it came from", async () => {
      const services = shared();
      const job = probe("testing.dying", { maxAttempts: 2 });
      await services.jobs.work(job, async () => {
        throw new Error("No\0way");
      });
      await services.jobs.enqueue(job, { n: 7 }, { key: "thing" });
      await eventually(async () => expect(await stateOf(services, job)).toMatchObject({ ...NOTHING, deadLetters: 1 }));
      const { rows } = await services.database.query(
        "select name, key, tenant_id, data, attempts, error_code, error_message from job_dead_letters where name = $1",
        [job.name],
      );
      expect(rows).toEqual([
        {
          name: job.name,
          key: "thing",
          tenant_id: "default",
          data: expect.objectContaining({ data: { n: 7 }, actor: { kind: "system", id: "kernel" } }),
          attempts: 2,
          error_code: "CRM_KERNEL_UNEXPECTED",
          error_message: "Unexpected failure: No\uFFFDway",
        },
      ]);
    });

    test("give up at once on data that no longer fit", async () => {
      const services = shared();
      await services.jobs.enqueue(probe("testing.changed"), { n: 1 });
      let runs = 0;
      await services.jobs.work(
        defineJob("testing.changed", { data: z.object({ text: z.string() }) }),
        async () => void (runs += 1),
      );
      await eventually(async () =>
        expect(await stateOf(services, { name: "testing.changed" })).toMatchObject({ waiting: 0, deadLetters: 1 }),
      );
      expect(runs).toBe(0);
    });

    test("do not let a retry that is far away hold up what is asked for now", async () => {
      const services = shared();
      const job = probe("testing.impatient", { backoffMs: HOUR_MS, maxBackoffMs: HOUR_MS });
      const attempts: number[] = [];
      await services.jobs.work(job, async ({ attempt }) => {
        attempts.push(attempt);
        if (attempts.length === 1) throw new Error("the first time");
      });
      await services.jobs.enqueue(job, { n: 1 }, { key: "thing" });
      await eventually(() => expect(attempts).toEqual([1]));
      await eventually(async () => expect(await stateOf(services, job)).toMatchObject({ waiting: 1, running: 0 }));
      await services.jobs.enqueue(job, { n: 1 }, { key: "thing" });
      await eventually(async () => expect(await stateOf(services, job)).toMatchObject(NOTHING));
      expect(attempts).toEqual([1, 1]);
    });

    test("run many keys with many requests each, one at a time of a key, and every key after its last request", async () => {
      const services = shared();
      const job = probe("testing.drained");
      const [requested, served] = [new Map<number, number>(), new Map<number, number>()];
      const running = new Set<number>();
      await services.jobs.work(job, async ({ data: { n } }: JobRun<Probe>) => {
        expect(running.has(n)).toBe(false);
        running.add(n);
        const seen = requested.get(n) ?? 0;
        await services.database.query("select 1");
        served.set(n, seen);
        running.delete(n);
      });
      const ask = async (round: number) => {
        for (let n = 0; n < 12; n += 1) {
          requested.set(n, (requested.get(n) ?? 0) + 1);
          await services.unitOfWork.run(() => services.jobs.enqueue(job, { n }, { key: `key-${n}` }));
        }
        return round;
      };
      await Promise.all([1, 2, 3, 4].map(ask));
      await eventually(() => expect(served).toEqual(requested));
      await eventually(async () => expect(await stateOf(services, job)).toMatchObject(NOTHING));
    });

    test("run on a schedule, once at a time", async () => {
      const services = shared();
      const job = probe("testing.scheduled");
      const runs: JobRun<Probe>[] = [];
      await services.jobs.work(job, async (run) => void runs.push(run));
      await services.jobs.schedule(job, "0 0 1 1 *", { n: 5 });
      await services.jobs.schedule(job, "* * * * *", { n: 6 }); // a later one of the same kind takes its place
      await eventually(() => expect(runs).toMatchObject([{ data: { n: 6 }, attempt: 1 }]), { deadlineMs: 15_000 });
    });

    test("are given back when their worker stops, and counted as if they had not been tried", async () => {
      const services = shared();
      const job = probe("testing.returned", { maxAttempts: 1 });
      const entered = createGate();
      const worker = await services.jobs.work(job, async ({ signal }) => {
        entered.open();
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      });
      await services.jobs.enqueue(job, { n: 1 });
      await entered.opened;
      await worker.stop();
      expect(await stateOf(services, job)).toMatchObject({ waiting: 1, running: 0, deadLetters: 0 });
      const attempts: number[] = [];
      await services.jobs.work(job, async ({ attempt }) => void attempts.push(attempt));
      await eventually(() => expect(attempts).toEqual([2]));
    });

    test("can't be worked on before the start or after the stop", async () => {
      const services = await servicesOn(await create());
      await services.stop();
      await expect(services.jobs.work(probe("testing.late"), async () => {})).rejects.toMatchObject({
        code: "CRM_JOB_NOT_STARTED",
      });
    });
  });
}

describe("Jobs of several processes on PostgreSQL 15", () => {
  test("a job that was enqueued while another one of its key began is not lost", async () => {
    const place = await postgresPlace();
    const [asking, working] = [await servicesOn(place), await servicesOn(place)];
    const job = probe("testing.race");
    const setting = "testing.race";
    await asking.jobs.enqueue(job, { n: 1 }, { key: "thing" });
    const [written, commit] = [createGate(), createGate()];
    const unit = asking.unitOfWork.run(async () => {
      await asking.database.query("insert into settings (tenant_id, key, value) values ('default', $1, 'true')", [
        setting,
      ]);
      await asking.jobs.enqueue(job, { n: 1 }, { key: "thing" });
      asking.database.beforeCommit({}, async () => {
        await runOutsideUnitOfWork(() =>
          eventually(async () => {
            const { rows } = await working.database.query(
              "select from pg_stat_activity where state = 'idle in transaction' and query like '%json_to_recordset%'",
            );
            expect(rows).toHaveLength(1);
          }),
        );
        written.open();
        await commit.opened;
      });
    });
    await written.opened;
    const found: number[] = [];
    await working.jobs.work(job, async () => {
      const { rows } = await working.database.query("select from settings where key = $1", [setting]);
      found.push(rows.length);
    });
    await eventually(async () => expect(await stateOf(working, job)).toMatchObject(NOTHING));
    commit.open();
    await unit;
    await eventually(() => expect(found).toEqual([0, 1]));
  });

  test("a job that was enqueued in one process wakes a worker in another", async () => {
    const place = await postgresPlace();
    const [asking, working] = [await servicesOn(place), await servicesOn(place)];
    const job = probe("testing.called");
    const seen: number[] = [];
    await working.jobs.work(job, async ({ data }) => void seen.push(data.n));
    for (const n of [1, 2, 3]) await asking.jobs.enqueue(job, { n });
    await eventually(() => expect(seen).toEqual([1, 2, 3]));
  });

  test("a schedule runs once for all of them", async () => {
    const place = await postgresPlace();
    const all = [await servicesOn(place), await servicesOn(place)];
    const job = probe("testing.scheduled");
    let runs = 0;
    for (const { jobs } of all) {
      await jobs.work(job, async () => void (runs += 1));
      await jobs.schedule(job, "0 0 1 1 *", { n: 1 });
      await jobs.schedule(job, "* * * * *", { n: 1 });
    }
    await eventually(() => expect(runs).toBeGreaterThan(0), { deadlineMs: 15_000 });
    const [first] = all as [Services];
    const { rows } = await first.database.query<{ sent: number }>(
      "select count(distinct data->>'slot') as sent from crmessenger_jobs.job where name = '__pgboss__send-it'",
    );
    await eventually(async () => expect(await stateOf(first, job)).toMatchObject(NOTHING));
    expect(runs).toBe(rows[0]?.sent);
  });

  test("a worker that was silent for too long is told that it lost its job, and changes nothing any more", async () => {
    const place = await postgresPlace();
    const services = await servicesOn(place);
    const job = probe("testing.lost", { maxAttempts: 1 });
    const [entered, aborted] = [createGate(), createGate<unknown>()];
    const attempts: number[] = [];
    await services.jobs.work(job, async ({ attempt, signal }) => {
      attempts.push(attempt);
      if (attempt > 1) return;
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      entered.open();
      await aborted.opened;
      throw new CrmError("CRM_TEST_LATE", "Too late.");
    });
    await services.jobs.enqueue(job, { n: 1 });
    await entered.opened;
    // As another process does that believes this one to be dead.
    await services.database.query(
      "update crmessenger_jobs.job set state = 'retry', start_after = now() where name = $1",
      [job.name],
    );
    expect(await aborted.opened).toMatchObject({ code: "CRM_JOB_LOST" });
    await eventually(() => expect(attempts).toEqual([1, 2]));
    await eventually(async () => expect(await stateOf(services, job)).toMatchObject(NOTHING));
  });
});
