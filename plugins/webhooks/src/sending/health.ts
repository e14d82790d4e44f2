import {
  type Collection,
  type Collections,
  type Timestamp,
  defineCollection,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

/** How a receiver is doing, and what it was sent. */
export interface Health {
  /** Since when nothing has been accepted; null when the last delivery was. */
  readonly failingSince: Timestamp | null;
  /** What went wrong last, in a few words. */
  readonly lastError: string;
  /** The part of the time until it is disabled that was last told of. */
  readonly stage: number;
  readonly delivered: number;
  readonly exhausted: number;
  readonly dropped: number;
  readonly attempts: number;
  /** Of all attempts together. */
  readonly milliseconds: number;
  readonly lastDeliveredAt: Timestamp | null;
}

export const healthSchema: z.ZodType<Health> = z.object({
  failingSince: z.string().nullable(),
  lastError: z.string(),
  stage: z.number(),
  delivered: z.number(),
  exhausted: z.number(),
  dropped: z.number(),
  attempts: z.number(),
  milliseconds: z.number(),
  lastDeliveredAt: z.string().nullable(),
});

const HealthDocuments = defineCollection<Health>("webhooks.health", { schema: healthSchema });

export const healthy: Health = Object.freeze({
  failingSince: null,
  lastError: "",
  stage: 0,
  delivered: 0,
  exhausted: 0,
  dropped: 0,
  attempts: 0,
  milliseconds: 0,
  lastDeliveredAt: null,
});

/** Written by the one lane that sends for a subscription. */
export class HealthStore {
  readonly #documents: Collection<Health>;

  constructor(collections: Collections) {
    this.#documents = collections.open(HealthDocuments);
  }

  async get(subscriptionId: string): Promise<Health> {
    return (await this.#documents.get(subscriptionId))?.value ?? healthy;
  }

  async getMany(subscriptionIds: readonly string[]): Promise<ReadonlyMap<string, Health>> {
    const found = await this.#documents.getMany(subscriptionIds);
    return new Map(found.map(({ key, value }) => [key, value]));
  }

  async put(subscriptionId: string, health: Health): Promise<void> {
    await this.#documents.put(subscriptionId, health);
  }

  async delete(subscriptionId: string): Promise<void> {
    await this.#documents.delete(subscriptionId);
  }
}

/** The parts of the time until a subscription is disabled at which somebody is told. */
const STAGES = [0.5, 0.7, 0.9, 1] as const;

export interface Alert {
  readonly stage: number;
  readonly failingSince: Timestamp;
}

/** Nothing was accepted once more. Answers what to tell, if a stage was reached; at stage 1 the subscription ends. */
export function afterFailure(
  health: Health,
  failure: { readonly now: number; readonly error: string; readonly disableAfterMs: number },
): { readonly health: Health; readonly alert?: Alert } {
  const { now, error, disableAfterMs } = failure;
  const failingSince = health.failingSince ?? new Date(now).toISOString();
  const part = (now - Date.parse(failingSince)) / disableAfterMs;
  const stage = STAGES.findLast((reached) => part >= reached) ?? 0;
  const failing = { ...health, failingSince, lastError: error };
  if (stage <= health.stage) return { health: failing };
  return { health: { ...failing, stage }, alert: { stage, failingSince } };
}

export function afterSuccess(health: Health, at: Timestamp): Health {
  return {
    ...health,
    failingSince: null,
    lastError: "",
    stage: 0,
    delivered: health.delivered + 1,
    lastDeliveredAt: at,
  };
}
