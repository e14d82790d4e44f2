import { z } from "zod";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { EntityRecord } from "../infrastructure/repository.ts";
import { entityFields, id, timestamp } from "../schema.ts";

/** Events of one topic, in the version that the receiver was written for. */
export interface WebhookTopic {
  /** Such as `lead.created`. */
  readonly topic: string;
  /** Kept for ever: events of later versions are cast down to it. */
  readonly version: number;
}

/**
 * Somebody outside who wants to be told. Its signing secrets are in Secrets and are shown once, when they are made;
 * during a rotation there are two, and deliveries carry a signature of each.
 */
export interface WebhookSubscription extends EntityRecord {
  readonly name: string;
  /** Where a DeliveryTarget sends to; for HTTP an absolute `https:` or `http:` URL without credentials. */
  readonly url: string;
  /** The name of a DeliveryTarget. */
  readonly target: string;
  readonly topics: readonly WebhookTopic[];
  /** Evaluated over the payload in the topic's version. */
  readonly criteria: Criteria;
  /** The name of a PayloadGenerator: `full` and `thin` (ids alone, for receivers that read the API) come along. */
  readonly payload: string;
  /** Added to every delivery; never one that signs or authenticates us elsewhere. */
  readonly headers: Readonly<Record<string, string>>;
  /** The name of a DeliveryRetryStrategy. */
  readonly retry: string;
  /** The user whose access scope bounds what is sent: an entity the owner may not read stays unsent. */
  readonly ownerId: string;
  /** Deliveries about one entity go out one after the other, in order; a failing one holds back the rest of its entity. */
  readonly ordered: boolean;
  /** How many deliveries are under way at once, and how many begin in a second. */
  readonly concurrency: number;
  readonly perSecond: number;
  /** `failing` still tries; `disabled` is where an owner or too many failures put it. */
  readonly state: "active" | "failing" | "disabled";
  /** Why it is not active, in a sentence; empty when it is. */
  readonly reason: string;
  /** Since when nothing has been accepted; null when the last delivery was. */
  readonly failingSince: Timestamp | null;
}

export const webhookTopicSchema: z.ZodType<WebhookTopic> = z.strictObject({
  topic: z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/),
  version: z.number().int().positive(),
});

const header = z
  .string()
  .max(1_000)
  .regex(/^[\t\x20-\x7e]*$/, "a header's value is printable ASCII");

/** What whoever subscribes decides. */
export const webhookSettings = {
  name: z.string().min(1).max(200),
  url: z.string().min(1).max(2_000),
  target: z.string().min(1).max(100),
  topics: z.array(webhookTopicSchema).min(1).max(200).readonly(),
  criteria: criteriaSchema,
  payload: z.string().min(1).max(100),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), header),
  retry: z.string().min(1).max(100),
  ordered: z.boolean(),
  concurrency: z.number().int().min(1).max(100),
  perSecond: z.number().min(0.01).max(10_000),
};

export const webhookSubscriptionSchema: z.ZodType<WebhookSubscription> = z.object({
  ...entityFields,
  ...webhookSettings,
  ownerId: id,
  state: z.enum(["active", "failing", "disabled"]),
  reason: z.string(),
  failingSince: timestamp.nullable(),
});
