import { CrmError, executionContext, isCrmError, runInContext } from "@crmessenger/kernel";
import type { NewEvent, UnitOfWorkHandle } from "@crmessenger/kernel/infrastructure";
import { defineCollection, defineJob } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import { createFaultPlan } from "../faults/fault-plan.ts";
import { eventually } from "../time/eventually.ts";
import { createGate } from "../time/gate.ts";
import { newContact, now } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every UnitOfWork promises. Uses ContactRepository; one test writes through every storage contract. */
export function describeUnitOfWork(harness: StorageHarness): void {
  describeOn(harness, "UnitOfWork", (suite) => {
    commitAndRollback(suite);
    joining(suite);
    concurrency(suite);
    afterCommit(suite);
    fencing(suite);
  });
}

function commitAndRollback({ test }: StorageSuite): void {
  test("commits what was written when the work resolves, and answers what it answers", async (world) => {
    const contact = newContact(world);
    const answer = await world.units.run(async () => {
      await world.contacts.insert(contact);
      return "done";
    });
    expect(answer).toBe("done");
    expect(await world.contacts.get(contact.id)).toMatchObject({ id: contact.id, version: 1 });
  });

  test("shows its own writes to itself and to nobody else before it commits", async (world) => {
    const contact = newContact(world);
    const written = createGate();
    const finish = createGate();
    const unit = world.units.run(async () => {
      await world.contacts.insert(contact);
      expect(await world.contacts.get(contact.id)).toMatchObject({ id: contact.id });
      written.open();
      await finish.opened;
      throw new CrmError("CRM_TEST_UNDONE", "Undo it.");
    });
    await written.opened;
    const read = world.contacts.get(contact.id); // an embedded database may answer only when the unit has ended
    finish.open();
    await expect(unit).rejects.toMatchObject({ code: "CRM_TEST_UNDONE" });
    expect(await read).toBeUndefined();
  });

  test("rolls back everything when the work throws: records, documents, secrets, settings, jobs, audit, timeline and events", async (world) => {
    const kept = await writeEverywhere(world, async (work) => world.units.run(work));
    expect(await kept.found()).toEqual({
      record: 1,
      document: 1,
      secret: 1,
      audit: 1,
      timeline: 1,
      events: 1,
      jobs: 1,
    });
    const undone = await writeEverywhere(world, (work) =>
      world.units
        .run(async () => {
          await work();
          throw new CrmError("CRM_TEST_UNDONE", "Undo it.");
        })
        .catch((error: unknown) => expect(isCrmError(error, "CRM_TEST_UNDONE")).toBe(true)),
    );
    expect(await undone.found()).toEqual({
      record: 0,
      document: 0,
      secret: 0,
      audit: 0,
      timeline: 0,
      events: 0,
      jobs: 0,
    });
  });

  test("leaves nothing of work that dies between any two steps, and makes each thing once when it is repeated", async (world) => {
    const plan = createFaultPlan();
    const points = ["record", "event", "job"];
    for (const point of points) {
      plan.crash(point);
      const dies = async (work: () => Promise<void>) => {
        await expect(world.units.run(work)).rejects.toMatchObject({ code: "CRM_TEST_CRASH" });
        plan.restart();
        await world.units.run(work);
      };
      const { found } = await writeEverywhere(world, dies, (step) => plan.pass(step));
      expect(await found()).toEqual({
        record: 1,
        document: 1,
        secret: 1,
        audit: 1,
        timeline: 1,
        events: 1,
        jobs: 1,
      });
    }
    expect(points.map((point) => plan.passes(point))).toEqual([6, 5, 4]);
  });

  test("rejects with the very error of the work", async (world) => {
    const error = new Error("mine");
    await expect(world.units.run(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      world.units.run(async () => {
        await world.contacts.insert(newContact(world));
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test("costs work without statements nothing but the call", async (world) => {
    expect(await world.units.run(async (unit) => typeof unit.id)).toBe("string");
  });

  test("keeps the tenant and actor of the context", async (world) => {
    const actor = { kind: "user" as const, id: world.ids.next() };
    await runInContext({ actor, correlationId: "c-1" }, () =>
      world.units.run(async () => {
        expect(executionContext()).toMatchObject({ tenantId: world.tenantId, actor, correlationId: "c-1" });
        expect(executionContext().unitOfWork).toBeDefined();
      }),
    );
    expect(executionContext().unitOfWork).toBeUndefined();
  });
}

const Note = defineCollection("testing.unit-notes", { schema: z.object({ text: z.string() }) });

/** Writes one of everything by way of `run`, and tells how much of it can be found afterwards. */
async function writeEverywhere(
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

function joining({ test }: StorageSuite): void {
  test("joins an outer unit: one handle, one commit, one rollback", async (world) => {
    const first = newContact(world);
    const second = newContact(world);
    await expect(
      world.units.run(async (outer) => {
        await world.contacts.insert(first);
        await world.units.run(async (inner) => {
          expect(inner.id).toBe(outer.id);
          expect(await world.contacts.get(first.id)).toBeDefined();
          await world.contacts.insert(second);
        });
        expect(await world.contacts.get(second.id)).toBeDefined();
        throw new Error("after the inner unit ended");
      }),
    ).rejects.toThrow("after the inner unit ended");
    expect(await world.contacts.getMany([first.id, second.id])).toEqual([]);
  });

  test("joins from concurrent branches of the work", async (world) => {
    const contacts = Array.from({ length: 8 }, () => newContact(world));
    await world.units.run(async () => {
      await Promise.all(contacts.map((contact) => world.units.run(() => world.contacts.insert(contact))));
    });
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toHaveLength(8);
  });

  test("lets the outer unit's rollback take concurrent branches with it", async (world) => {
    const contacts = Array.from({ length: 4 }, () => newContact(world));
    const run = world.units.run(async () => {
      await Promise.all(contacts.map((contact) => world.units.run(() => world.contacts.insert(contact))));
      throw new Error("no");
    });
    await expect(run).rejects.toThrow("no");
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toEqual([]);
  });
}

function concurrency({ test }: StorageSuite): void {
  test("keeps concurrent units apart", async (world) => {
    const contacts = Array.from({ length: 20 }, (_, index) => newContact(world, { name: `Contact ${index}` }));
    const results = await Promise.allSettled(
      contacts.map((contact, index) =>
        world.units.run(async () => {
          await world.contacts.insert(contact);
          if (index % 4 === 3) throw new Error("every fourth fails");
        }),
      ),
    );
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(await world.contacts.getMany(contacts.map(({ id }) => id))).toHaveLength(15);
  });

  test("serialises those that lock the same record", async (world) => {
    const { id } = await world.contacts.insert(newContact(world, { attributes: { count: 0 } }));
    const increment = () =>
      world.units.run(async () => {
        const contact = await world.contacts.get(id, { lock: true });
        if (!contact) throw new Error("gone");
        await world.contacts.update({ ...contact, attributes: { count: Number(contact.attributes["count"]) + 1 } });
      });
    await Promise.all(Array.from({ length: 12 }, increment));
    expect(await world.contacts.get(id)).toMatchObject({ version: 13, attributes: { count: 12 } });
  });

  test("ends a deadlock with a retryable CRM_UOW_CONFLICT, if it lets one arise", async (world) => {
    const a = await world.contacts.insert(newContact(world, { attributes: { by: [] } }));
    const b = await world.contacts.insert(newContact(world, { attributes: { by: [] } }));
    const met = [createGate(), createGate()] as const;
    const touch = async (id: string, by: number) => {
      const contact = await world.contacts.get(id, { lock: true });
      if (contact)
        await world.contacts.update({
          ...contact,
          attributes: { by: [...(contact.attributes["by"] as number[]), by] },
        });
    };
    const crosswise = (own: 0 | 1, order: readonly [string, string]) =>
      retried(() =>
        world.units.run(async () => {
          await touch(order[0], own);
          met[own].open();
          // A storage that lets one unit in at a time never opens the other gate: then there is no deadlock either.
          await Promise.race([met[own === 0 ? 1 : 0].opened, world.clock.sleep(100)]);
          await touch(order[1], own);
        }),
      );
    await Promise.all([crosswise(0, [a.id, b.id]), crosswise(1, [b.id, a.id])]);
    for (const { id } of [a, b]) {
      const { attributes = {} } = (await world.contacts.get(id)) ?? {};
      expect((attributes["by"] as number[]).toSorted()).toEqual([0, 1]);
    }
  });
}

async function retried(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCrmError(error, "CRM_UOW_CONFLICT")) throw error;
    expect(error.retryable).toBe(true);
    await retried(work);
  }
}

function afterCommit({ test }: StorageSuite): void {
  test("runs what was left for after the commit once, in order, when everybody can see the commit", async (world) => {
    const contact = newContact(world);
    const seen: string[] = [];
    await world.units.run(async (unit) => {
      unit.afterCommit(async () => {
        expect(executionContext().unitOfWork).toBeUndefined();
        seen.push((await world.contacts.get(contact.id)) ? "visible" : "not yet");
      });
      unit.afterCommit(() => void seen.push("second"));
      await world.units.run(async (inner) => {
        inner.afterCommit(() => void seen.push("third"));
      });
      await world.contacts.insert(contact);
      expect(seen).toEqual([]);
    });
    await eventually(() => expect(seen).toEqual(["visible", "second", "third"]));
  });

  test("runs none of it after a rollback", async (world) => {
    const seen: string[] = [];
    await expect(
      world.units.run(async (unit) => {
        unit.afterCommit(() => void seen.push("never"));
        await world.contacts.insert(newContact(world));
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await world.units.run(async (unit) => unit.afterCommit(() => void seen.push("later")));
    await eventually(() => expect(seen).toEqual(["later"]));
  });

  test("lets no failure after the commit harm the caller or the rest", async (world) => {
    const contact = newContact(world);
    const seen: string[] = [];
    await world.units.run(async (unit) => {
      unit.afterCommit(() => Promise.reject(new Error("an effect failed")));
      unit.afterCommit(() => {
        throw new Error("another one failed");
      });
      unit.afterCommit(() => void seen.push("reached"));
      await world.contacts.insert(contact);
    });
    await eventually(() => expect(seen).toEqual(["reached"]));
    expect(await world.contacts.get(contact.id)).toBeDefined();
  });
}

function fencing({ test }: StorageSuite): void {
  test("aborts its signal at its end, one way or the other", async (world) => {
    const signals: AbortSignal[] = [];
    const keep = async (unit: UnitOfWorkHandle) => {
      signals.push(unit.signal);
      expect(unit.signal.aborted).toBe(false);
    };
    await world.units.run(keep);
    await world.units
      .run(async (unit) => keep(unit).then(() => Promise.reject(new Error("no"))))
      .catch(() => undefined);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test("refuses what comes after its end with CRM_UOW_CLOSED and stores none of it", async (world) => {
    const gate = createGate();
    const contact = newContact(world);
    let late: Promise<unknown>[] = [];
    const handle = await world.units.run(async (unit) => {
      await world.contacts.insert(newContact(world));
      const after = (work: () => Promise<unknown>) => gate.opened.then(work);
      late = [
        after(() => world.contacts.insert(contact)),
        after(() => world.contacts.get(contact.id)),
        after(() => world.units.run(() => world.contacts.insert(contact))),
      ];
      for (const promise of late) promise.catch(() => undefined);
      return unit;
    });
    gate.open();
    for (const promise of late) await expect(promise).rejects.toMatchObject({ code: "CRM_UOW_CLOSED" });
    expect(() => handle.afterCommit(() => undefined)).toThrow(expect.objectContaining({ code: "CRM_UOW_CLOSED" }));
    expect(await world.contacts.get(contact.id)).toBeUndefined();
  });

  test("rolls back with CRM_UOW_DEADLINE when its time is over, and lets go of its locks", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const late = createGate<unknown>();
    const stuck = world.units.run(
      async (unit) => {
        const locked = await world.contacts.get(contact.id, { lock: true });
        if (locked) await world.contacts.update({ ...locked, name: "changed" });
        await new Promise((resolve) => unit.signal.addEventListener("abort", resolve));
        late.open(await world.contacts.get(contact.id).catch((error: unknown) => error));
      },
      { deadlineMs: 150 },
    );
    await expect(stuck).rejects.toMatchObject({ code: "CRM_UOW_DEADLINE" });
    expect(await late.opened).toMatchObject({ code: "CRM_UOW_CLOSED" });
    const free = await world.units.run(() => world.contacts.get(contact.id, { lock: true }));
    expect(free).toMatchObject({ name: contact.name, version: 1 });
  });
}
