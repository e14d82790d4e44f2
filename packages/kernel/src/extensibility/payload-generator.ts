import { contract, registryReach } from "../contract.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { WebhookSubscription } from "./webhook-subscription.ts";

/** What goes over the wire; signed as it is. */
export interface WebhookPayload {
  /** A MIME type, such as `application/json`. */
  readonly contentType: string;
  /** Up to 262 144 bytes in UTF-8. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Shapes an event for a receiver. The event is in the version that the subscription asked for. Called once a delivery,
 * inside the unit of work that records it: every attempt sends the same bytes. A throw retries the event; it writes
 * nothing and calls nobody.
 */
export interface PayloadGenerator extends Named {
  generate(event: StoredEvent, subscription: WebhookSubscription): Promise<WebhookPayload>;
}

/** The shapes that subscriptions can name. */
export interface PayloadGenerators extends Registry<PayloadGenerator> {}

export const PayloadGenerators = contract<PayloadGenerators>("extensibility.payload-generators", 1, registryReach);
