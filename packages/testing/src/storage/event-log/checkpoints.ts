import { expect } from "vitest";
import { onTestFinished } from "../../suite/suite-api.ts";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers } from "./probe-event.ts";
import { storingSubscriber } from "./storing-subscriber.ts";

export function checkpoints({ test }: StorageSuite): void {
  test("finishes the batch in hand when stopped, delivers nothing afterwards, and goes on from there", async (world) => {
    const topic = world.unique("probe.written");
    const name = world.unique("testing.subscriber");
    const [entered, finish] = [createGate(), createGate()];
    const first = storingSubscriber(world, topic, {
      name,
      from: "start",
      before: async () => (entered.open(), finish.opened),
    });
    const running = await first.start();
    const append = appendNumbers(world, topic, [1]);
    await entered.opened;
    const stopped = running.stop();
    finish.open();
    await stopped;
    await append;
    expect(await first.stored()).toEqual([1]);
    await appendNumbers(world, topic, [2, 3]);
    expect(await first.stored()).toEqual([1]);
    const second = storingSubscriber(world, topic, { name });
    await second.start();
    await eventually(async () => expect(await second.stored()).toEqual([1, 2, 3]));
    expect(second.delivered()).toEqual([2, 3]);
  });

  test("shows how far it is and how much is left", async (world) => {
    const topic = world.unique("probe.written");
    const events = await appendNumbers(world, topic, [1, 2, 3]);
    const stuck = storingSubscriber(world, topic, { from: "start", before: () => Promise.reject(new Error("stuck")) });
    const done = storingSubscriber(world, topic, { from: "start" });
    await stuck.start();
    await done.start();
    await eventually(async () =>
      expect(await stuck.state()).toMatchObject({
        name: stuck.name,
        lag: 3,
        running: true,
        deadLetters: 0,
        lastError: expect.stringContaining("stuck"),
      }),
    );
    await eventually(async () =>
      expect(await done.state()).toMatchObject({ name: done.name, lag: 0, running: true, deadLetters: 0 }),
    );
    expect((await stuck.state())?.position).toBeLessThan(events[0]?.position ?? 0);
    expect((await done.state())?.position).toBeGreaterThanOrEqual(events.at(-1)?.position ?? Infinity);
  });

  test("replays from any position", async (world) => {
    const topic = world.unique("probe.written");
    const delivered: number[] = [];
    const name = world.unique("testing.subscriber");
    const running = await world.log.subscribe({
      name,
      topics: [topic],
      from: "start",
      handle: async (events) => void delivered.push(...events.map(({ payload }) => Number(payload["n"]))),
    });
    onTestFinished(() => running.stop());
    const [first] = await appendNumbers(world, topic, [1, 2, 3]);
    await eventually(() => expect(delivered).toEqual([1, 2, 3]));
    await world.log.replay(name, first?.position ?? 0);
    await eventually(() => expect(delivered).toEqual([1, 2, 3, 2, 3]));
    await appendNumbers(world, topic, [4]);
    await eventually(() => expect(delivered).toEqual([1, 2, 3, 2, 3, 4]));
  });

  test("refuses to replay a subscription that nobody knows", async (world) => {
    await expect(world.log.replay(world.unique("testing.nobody"), 0)).rejects.toMatchObject({
      code: "CRM_EVENT_UNKNOWN_SUBSCRIPTION",
    });
  });
}
