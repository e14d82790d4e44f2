import { z } from "zod";
import type { Timestamp } from "../infrastructure/json.ts";
import { id, timestamp } from "../schema.ts";

/** One try to hand over a delivery. */
export interface WebhookAttempt {
  /** From 1. */
  readonly number: number;
  readonly at: Timestamp;
  readonly milliseconds: number;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** The beginning of the answer, as text, up to 2 048 characters. */
  readonly response: string;
  /** The code of what went wrong; null when it was accepted. */
  readonly errorCode: string | null;
}

/** One event on its way to one subscription. */
export interface WebhookDelivery {
  /** The `webhook-id` of every attempt: receivers dedupe by it. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly topic: string;
  /** `exhausted`: the retry strategy gave up. `dropped`: the subscription was disabled or deleted first. */
  readonly status: "pending" | "delivered" | "exhausted" | "dropped";
  readonly attempts: readonly WebhookAttempt[];
  readonly nextAttemptAt: Timestamp | null;
  readonly createdAt: Timestamp;
}

export const webhookAttemptSchema: z.ZodType<WebhookAttempt> = z.object({
  number: z.number().int().positive(),
  at: timestamp,
  milliseconds: z.number().nonnegative(),
  status: z.number().int().nullable(),
  response: z.string(),
  errorCode: z.string().nullable(),
});

export const webhookDeliverySchema: z.ZodType<WebhookDelivery> = z.object({
  id,
  subscriptionId: id,
  eventId: id,
  topic: z.string(),
  status: z.enum(["pending", "delivered", "exhausted", "dropped"]),
  attempts: z.array(webhookAttemptSchema).readonly(),
  nextAttemptAt: timestamp.nullable(),
  createdAt: timestamp,
});
