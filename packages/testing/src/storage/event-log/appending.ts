import type { NewEvent } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { storeLead } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers, probeEvent, visible } from "./probe-event.ts";

export function appending({ test }: StorageSuite): void {
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
