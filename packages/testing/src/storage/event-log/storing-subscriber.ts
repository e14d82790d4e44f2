import { runInContext } from "@crmessenger/kernel";
import {
  type DurableSubscription,
  type StoredEvent,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { onTestFinished } from "../../suite/suite-api.ts";
import type { StorageWorld } from "../storage-world.ts";

const Delivery = defineCollection("testing.deliveries", {
  schema: z.object({ subscription: z.string(), n: z.number() }),
  indexes: ["subscription"],
});

/** A subscriber that stores what it gets: a second delivery that took effect would be a duplicate key. */
export function storingSubscriber(
  world: StorageWorld,
  topic: string,
  changes: Partial<DurableSubscription> & { before?: (n: number) => Promise<void> | void } = {},
) {
  const { before, ...rest } = changes;
  const name = rest.name ?? world.unique("testing.subscriber");
  const deliveries = world.collections.open(Delivery);
  const batches: (readonly StoredEvent[])[] = [];
  const subscription: DurableSubscription = {
    name,
    topics: [topic],
    async handle(events) {
      batches.push(events);
      for (const event of events) {
        const n = Number(event.payload["n"]);
        await runInContext({ tenantId: event.tenantId }, () =>
          deliveries.insert(`${name}:${event.id}`, { subscription: name, n }),
        );
        await before?.(n);
      }
    },
    ...rest,
  };
  const stored = async (): Promise<readonly number[]> => {
    const page = await deliveries.find(where("subscription").eq(name), { limit: 500 });
    return page.items.map(({ value }) => value.n).toSorted((a, b) => a - b);
  };
  const state = async () => (await world.log.subscriptions()).find((running) => running.name === name);
  const start = async () => {
    const running = await world.log.subscribe(subscription);
    onTestFinished(() => running.stop());
    return running;
  };
  return {
    name,
    start,
    stored,
    state,
    batches,
    delivered: () => batches.flat().map(({ payload }) => Number(payload["n"])),
  };
}
