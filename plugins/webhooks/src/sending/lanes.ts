import { type Clock, type Jobs, type UnitOfWork, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { DeliveryStore, KeptDelivery } from "./delivery-store.ts";

/** Work that may never be given up: what goes wrong with a delivery is written down with it, the rest is the storage's trouble. */
const FOR_EVER = { maxAttempts: 2_147_483_647, maxBackoffMs: 30_000 };

/** Sends everything that waits for one subscription. */
export const sendJob = (lanes: number) =>
  defineJob("webhooks.send", { data: z.object({ subscriptionId: z.string() }), concurrency: lanes, ...FOR_EVER });

/** The time of some deliveries has come: they go back to where their subscription sends from. */
export const DueJob = defineJob("webhooks.due", {
  data: z.object({ subscriptionId: z.string(), queue: z.string() }),
  ...FOR_EVER,
});

export interface LanesServices {
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly jobs: Jobs;
  readonly lanes: number;
  readonly unitOfWork: UnitOfWork;
}

/** Deliveries of one subscription go out in one lane, of which at most one runs in all processes. */
export class Lanes {
  readonly #services: LanesServices;
  readonly #send: ReturnType<typeof sendJob>;

  constructor(services: LanesServices) {
    this.#services = services;
    this.#send = sendJob(services.lanes);
  }

  /** There is something to send, or may be. In a unit of work: once it commits. */
  async wake(subscriptionIds: Iterable<string>, at?: number): Promise<void> {
    const runAt = at === undefined ? {} : { runAt: new Date(at).toISOString() };
    for (const subscriptionId of subscriptionIds)
      await this.#services.jobs.enqueue(this.#send, { subscriptionId }, { key: subscriptionId, ...runAt });
  }

  /** Sees to it that the lane gets back what waits for this moment. */
  async wakeAt(delivery: Pick<KeptDelivery, "subscriptionId" | "queue" | "nextAttemptAt">): Promise<void> {
    const { subscriptionId, queue, nextAttemptAt } = delivery;
    if (queue === null || nextAttemptAt === null) return;
    await this.#services.jobs.enqueue(DueJob, { subscriptionId, queue }, { key: queue, runAt: nextAttemptAt });
  }

  /** The moment has come. */
  async due(subscriptionId: string, queue: string): Promise<void> {
    const { deliveries, unitOfWork } = this.#services;
    for (;;) {
      const waiting = await deliveries.waiting(queue);
      if (waiting.length === 0) return;
      await unitOfWork.run(async () => {
        await deliveries.put(waiting.map((delivery) => ({ ...delivery, queue: subscriptionId })));
        await this.wake([subscriptionId]);
      });
    }
  }
}

/** Moments are shared, so that what waits comes back in groups: the longer the wait, the larger the groups. */
export function momentAfter(now: number, delayMs: number): number {
  const grain = delayMs < 10_000 ? 100 : delayMs < 600_000 ? 1_000 : 60_000;
  return Math.ceil((now + delayMs) / grain) * grain;
}

/** Where a delivery waits for a moment. */
export function queueAt(subscriptionId: string, moment: string): string {
  return `${subscriptionId}@${moment}`;
}

export function isDue({ queue, subscriptionId }: Pick<KeptDelivery, "queue" | "subscriptionId">): boolean {
  return queue === subscriptionId;
}
