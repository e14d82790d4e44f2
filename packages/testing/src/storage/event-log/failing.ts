import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers } from "./probe-event.ts";
import { storingSubscriber } from "./storing-subscriber.ts";

export function failing({ test }: StorageSuite): void {
  test("rolls back what a failed delivery wrote and delivers again", async (world) => {
    const topic = world.unique("probe.written");
    let failures = 2;
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      before: (n) => {
        if (n === 2 && failures-- > 0) throw new Error("not now");
      },
    });
    await appendNumbers(world, topic, [1, 2, 3]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
    expect(subscriber.delivered().filter((n) => n === 2).length).toBe(3);
    expect(await subscriber.state()).toMatchObject({ deadLetters: 0 });
  });

  test("puts an event that keeps failing aside as a dead letter and goes on with the rest", async (world) => {
    const topic = world.unique("probe.written");
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      maxAttempts: 2,
      before: (n) => {
        if (n === 2) throw new Error("never");
      },
    });
    await appendNumbers(world, topic, [1, 2, 3, 4]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 3, 4]));
    await eventually(async () =>
      expect(await subscriber.state()).toMatchObject({
        deadLetters: 1,
        lag: 0,
        running: true,
        lastError: expect.stringContaining("never"),
      }),
    );
  });

  test("does not let one subscription's failures hold up another", async (world) => {
    const topic = world.unique("probe.written");
    const broken = storingSubscriber(world, topic, {
      from: "start",
      before: () => Promise.reject(new Error("broken")),
    });
    const sound = storingSubscriber(world, topic, { from: "start" });
    await broken.start();
    await sound.start();
    await appendNumbers(world, topic, [1, 2]);
    await eventually(async () => expect(await sound.stored()).toEqual([1, 2]));
    expect(await broken.stored()).toEqual([]);
  });
}
