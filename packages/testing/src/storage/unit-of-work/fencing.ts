import type { UnitOfWorkHandle } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { createGate } from "../../time/gate.ts";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";

export function fencing({ test }: StorageSuite): void {
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
