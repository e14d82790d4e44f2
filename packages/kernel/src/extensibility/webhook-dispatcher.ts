import { contract } from "../contract.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { Page, PageRequest } from "../infrastructure/page.ts";
import type { WebhookDelivery } from "./webhook-delivery.ts";

/** Which past events to send once more. */
export interface ReplayRange {
  /** Positions in the event log: exclusive, inclusive. */
  readonly after: number;
  readonly upTo: number;
}

/**
 * Tells the outside what happened. Verified by `describeWebhookDispatcher` in `@crmessenger/testing`.
 *
 * Each event reaches each matching endpoint at least once, with the same id on every attempt, whatever dies in between;
 * one that does not answer delays no other. Errors: `CRM_WEBHOOK_NOT_FOUND` (404) for an unknown subscription or
 * delivery, `CRM_WEBHOOK_DISABLED` (409).
 */
export interface WebhookDispatcher {
  /**
   * Records a delivery for each subscription that the event matches and whose owner may read its entity, in the current unit of work (`CRM_UOW_REQUIRED`
   * outside one), and answers how many. An event that was dispatched before adds nothing. Sending is a job.
   */
  dispatch(event: StoredEvent): Promise<number>;
  /** The delivery log: deliveries that match, newest first. Criteria are over the fields of WebhookDelivery. */
  deliveries(criteria: Criteria, page?: PageRequest): Promise<Page<WebhookDelivery>>;
  /** A new delivery of the same event, with an id of its own. */
  resend(deliveryId: string): Promise<WebhookDelivery>;
  /** As `dispatch`, for one subscription and the events of a range, under new ids; answers how many deliveries were recorded. */
  replay(subscriptionId: string, range: ReplayRange): Promise<number>;
  /** Sends a made-up event of the topic now, once, and answers with what came back. It is not in the event log. */
  test(subscriptionId: string, topic: string): Promise<WebhookDelivery>;
}

export const WebhookDispatcher = contract<WebhookDispatcher>("extensibility.webhook-dispatcher", 1);
