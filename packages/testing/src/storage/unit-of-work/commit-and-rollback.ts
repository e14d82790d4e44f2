import { CrmError, executionContext, isCrmError, runInContext } from "@crmessenger/kernel";
import { expect } from "vitest";
import { createFaultPlan } from "../../faults/fault-plan.ts";
import { createGate } from "../../time/gate.ts";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { writeEverywhere } from "./write-everywhere.ts";

export function commitAndRollback({ test }: StorageSuite): void {
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
