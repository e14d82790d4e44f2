import { expect } from "vitest";
import { createFaultPlan } from "../../faults/fault-plan.ts";
import { eventually } from "../../time/eventually.ts";
import type { StorageSuite } from "../storage-world.ts";
import { appendNumbers } from "./probe-event.ts";
import { storingSubscriber } from "./storing-subscriber.ts";

export function dying({ test }: StorageSuite): void {
  test("leaves nothing of a delivery that dies at any point, and converges once it lives again", async (world) => {
    for (const point of ["at 1", "at 2", "at 3"]) {
      const topic = world.unique("probe.written");
      const plan = createFaultPlan();
      const subscriber = storingSubscriber(world, topic, { from: "start", before: (n) => plan.pass(`at ${n}`) });
      await appendNumbers(world, topic, [1, 2, 3], world.ids.next());
      plan.crash(point);
      await subscriber.start();
      await eventually(() => expect(plan.passes(point)).toBeGreaterThan(0));
      plan.restart();
      await eventually(async () => expect(await subscriber.stored()).toEqual([1, 2, 3]));
      await eventually(async () => expect(await subscriber.state()).toMatchObject({ lag: 0, deadLetters: 0 }));
    }
  });
}
