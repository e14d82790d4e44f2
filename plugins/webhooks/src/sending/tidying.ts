import { executionContext } from "@crmessenger/kernel";
import { type Clock, type Jobs, type UnitOfWork, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { DeliveryStore } from "./delivery-store.ts";

/** Once a day and tenant. */
export const TidyJob = defineJob("webhooks.tidy", { data: z.object({}), concurrency: 1 });

const DAY_MS = 86_400_000;

export interface TidyingServices {
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly jobs: Jobs;
  readonly keepDays: number;
  readonly unitOfWork: UnitOfWork;
}

/** Takes deliveries out of the log that ended long ago. Tenants are met where something is recorded for them. */
export class Tidying {
  readonly #services: TidyingServices;
  readonly #askedAt = new Map<string, number>();

  constructor(services: TidyingServices) {
    this.#services = services;
  }

  /** Something was recorded: what is old may go, later today. Costs nothing but once a day. */
  async ask(): Promise<void> {
    const { clock, jobs } = this.#services;
    const { tenantId } = executionContext();
    const now = clock.now();
    if (now - (this.#askedAt.get(tenantId) ?? 0) < DAY_MS) return;
    this.#askedAt.set(tenantId, now);
    await jobs.enqueue(TidyJob, {}, { key: "tidy", runAt: new Date(now + DAY_MS).toISOString() });
  }

  async tidy(signal: AbortSignal): Promise<void> {
    const { clock, deliveries, keepDays, unitOfWork } = this.#services;
    const before = new Date(clock.now() - keepDays * DAY_MS).toISOString();
    for (let after: string | undefined; !signal.aborted;) {
      const page = await deliveries.oldest(after);
      const old = page.items.filter(({ queue, createdAt }) => queue === null && createdAt < before);
      await unitOfWork.run(async () => void (await Promise.all(old.map(({ id }) => deliveries.delete(id)))));
      if (old.length === 0 || page.next === undefined) return;
      after = page.next;
    }
  }
}
