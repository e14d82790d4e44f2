import { contract, registryReach } from "../contract.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { WebhookPayload } from "./payload-generator.ts";
import type { WebhookSubscription } from "./webhook-subscription.ts";

/** One attempt, signed. */
export interface DeliveryRequest {
  readonly subscription: WebhookSubscription;
  /** Stable across attempts. */
  readonly deliveryId: string;
  readonly payload: WebhookPayload;
  /** Standard Webhooks headers: id, the timestamp of this attempt, signatures. */
  readonly signature: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * How the receiver answered. A throw is a failed attempt too, with the error's code, unless nothing was sent and nothing
 * should be for a while: that is a CrmError with `details.outcome` `not-sent` and `retryAfterMs`, as of an open circuit
 * breaker, and the subscription rests for so long.
 */
export interface DeliveryAnswer {
  readonly outcome: "accepted" | "failed" | "gone";
  readonly status: number | null;
  readonly response: string;
  readonly retryAfterMs?: number;
}

/** Where deliveries go: `http` comes along; a plugin may bring a queue. It makes one attempt and retries nothing. */
export interface DeliveryTarget extends Named {
  /** Null when the address is one it can send to; otherwise what is wrong with it, in a sentence. */
  checkUrl(url: string): Promise<string | null>;
  deliver(request: DeliveryRequest): Promise<DeliveryAnswer>;
}

/** The kinds of place that subscriptions can name. */
export interface DeliveryTargets extends Registry<DeliveryTarget> {}

export const DeliveryTargets = contract<DeliveryTargets>("extensibility.delivery-targets", 1, registryReach);
