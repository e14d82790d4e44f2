import { executionContext } from "@crmessenger/kernel";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { newContact } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers, probeEvent } from "./probe-event.ts";
import { storingSubscriber } from "./storing-subscriber.ts";

export function delivering({ test }: StorageSuite): void {
  test("delivers from the start what is there and what comes, in order, each with one effect", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2, 3]);
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    await appendNumbers(world, topic, [4, 5]);
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3, 4, 5]));
    expect(subscriber.delivered()).toEqual([1, 2, 3, 4, 5]);
  });

  test("begins at the head by default", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2]);
    const subscriber = storingSubscriber(world, topic);
    await subscriber.start();
    await appendNumbers(world, topic, [3]);
    await eventually(async () => expect(await subscriber.stored()).toEqual([3]));
  });

  test("delivers events of all tenants, and of its topics only", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    await appendNumbers(world, world.unique("probe.other"), [1]);
    await appendNumbers(world, topic, [2]);
    await world.inTenant(world.unique("tenant"), () => appendNumbers(world, topic, [3]));
    await eventually(() => expect(subscriber.delivered()).toEqual([2, 3]));
  });

  test("hands over inside a unit of work, at most a batch at a time", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1, 2, 3, 4, 5]);
    const units: boolean[] = [];
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      batchSize: 2,
      before: () => void units.push(executionContext().unitOfWork !== undefined),
    });
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3, 4, 5]));
    expect(Math.max(...subscriber.batches.map(({ length }) => length))).toBeLessThanOrEqual(2);
    expect(new Set(units)).toEqual(new Set([true]));
  });

  test("keeps the order of an aggregate while writers write", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, { from: "start", batchSize: 3 });
    await subscriber.start();
    const contact = await world.contacts.insert(newContact(world));
    const write = () =>
      world.units.run(async () => {
        const locked = await world.contacts.get(contact.id, { lock: true });
        const { version } = await world.contacts.update(locked as typeof contact);
        await world.log.append([
          probeEvent(world, topic, {
            aggregate: { type: "contact", id: contact.id, version },
            payload: { n: version },
          }),
        ]);
      });
    await Promise.all(Array.from({ length: 10 }, write));
    const versions = Array.from({ length: 10 }, (_, index) => index + 2);
    await eventually(async () => expect(await subscriber.stored()).toEqual(versions));
    expect(subscriber.delivered()).toEqual(versions);
  });
}
