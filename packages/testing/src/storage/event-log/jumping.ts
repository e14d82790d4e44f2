import { CrmError } from "@crmessenger/kernel";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers, probeEvent } from "./probe-event.ts";
import { storingSubscriber } from "./storing-subscriber.ts";

const HOUR_MS = 3_600_000;

export function jumping({ test }: StorageSuite): void {
  test("numbers and delivers an aggregate's events in order however the time of day is set", async (world) => {
    const [topic, aggregateId] = [world.unique("probe.written"), world.ids.next()];
    const subscriber = storingSubscriber(world, topic, { from: "start" });
    await subscriber.start();
    const append = (n: number) =>
      world.units.run(() =>
        world.log.append([probeEvent(world, topic, { payload: { n }, aggregate: { type: "probe", id: aggregateId } })]),
      );
    await append(1);
    world.jump(-HOUR_MS);
    await append(2);
    world.jump(2 * HOUR_MS);
    await append(3);
    await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
    expect(subscriber.delivered()).toEqual([1, 2, 3]);
  });

  test("delivers again in time though the time of day is set back meanwhile", async (world) => {
    const topic = world.unique("probe.written");
    let fails = true;
    const subscriber = storingSubscriber(world, topic, {
      from: "start",
      maxAttempts: 100,
      before() {
        if (fails) throw new CrmError("CRM_TEST_SLOW_DOWN", "Later.", { retryable: true, retryAfterMs: 100 });
      },
    });
    await appendNumbers(world, topic, [1]);
    await subscriber.start();
    await eventually(async () => expect(await subscriber.state()).toMatchObject({ lastError: expect.any(String) }));
    world.jump(-HOUR_MS);
    fails = false;
    await eventually(async () => expect(await subscriber.stored()).toEqual([1]));
  });
}
