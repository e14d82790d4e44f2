import { expect } from "vitest";
import { onTestFinished } from "../../suite/suite-api.ts";
import { eventually } from "../../time/eventually.ts";
import { createGate } from "../../time/gate.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers } from "./probe-event.ts";

export function reading({ test }: StorageSuite): void {
  test("reads from a position, by topic, up to a limit", async (world) => {
    const [topic, other] = [world.unique("probe.written"), world.unique("probe.other")];
    await appendNumbers(world, other, [0]);
    const events = await appendNumbers(world, topic, [1, 2, 3]);
    const [first] = events;
    expect(await world.log.read({ after: first?.position ?? 0, topics: [topic] })).toEqual(events.slice(1));
    expect(await world.log.read({ after: 0, topics: [topic], limit: 2 })).toEqual(events.slice(0, 2));
    expect((await world.log.read({ after: 0, topics: [topic, other] })).map(({ topic }) => topic)).toEqual([
      other,
      topic,
      topic,
      topic,
    ]);
    expect((await world.log.read({ after: (first?.position ?? 0) - 1 })).map(({ id }) => id)).toEqual(
      events.map(({ id }) => id),
    );
    expect(await world.log.read({ after: await world.log.head() })).toEqual([]);
  });

  test("shows nothing of another tenant", async (world) => {
    const topic = world.unique("probe.written");
    await appendNumbers(world, topic, [1]);
    await world.inTenant(world.unique("tenant"), async () =>
      expect(await world.log.read({ after: 0, topics: [topic] })).toEqual([]),
    );
  });

  test("wakes those that watch, until they stop", async (world) => {
    const topic = world.unique("probe.written");
    let wakes = 0;
    const stop = world.log.watch(() => {
      wakes += 1;
    });
    onTestFinished(stop);
    await appendNumbers(world, topic, [1]);
    await eventually(() => expect(wakes).toBeGreaterThan(0));
    stop();
    const woken = wakes;
    const again = createGate();
    onTestFinished(world.log.watch(() => again.open()));
    await appendNumbers(world, topic, [2]);
    await again.opened;
    expect(wakes).toBe(woken);
  });

  test("goes on when a watcher throws", async (world) => {
    const woken = createGate();
    const stops = [
      world.log.watch(() => {
        throw new Error("a watcher failed");
      }),
      world.log.watch(() => woken.open()),
    ];
    onTestFinished(() => stops.forEach((stop) => stop()));
    await appendNumbers(world, world.unique("probe.written"), [1]);
    await woken.opened;
  });
}
