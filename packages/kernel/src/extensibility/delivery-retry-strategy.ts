import { contract, registryReach } from "../contract.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { WebhookAttempt } from "./webhook-delivery.ts";

/**
 * When to try a failed delivery again. It only computes. A `retry-after` of the receiver may put the next attempt off
 * further, never earlier, and an answer 410 ends the subscription whatever the strategy says.
 */
export interface DeliveryRetryStrategy extends Named {
  /** Milliseconds from the last attempt to the next, or null: give up. `random` is in [0, 1), for jitter. */
  nextDelay(attempts: readonly WebhookAttempt[], random: number): Promise<number | null>;
}

/** The strategies that subscriptions can name. */
export interface DeliveryRetryStrategies extends Registry<DeliveryRetryStrategy> {}

export const DeliveryRetryStrategies = contract<DeliveryRetryStrategies>(
  "extensibility.delivery-retry-strategies",
  1,
  registryReach,
);
