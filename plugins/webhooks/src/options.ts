import { z } from "zod";

const HOUR_MS = 3_600_000;

export const webhooksOptions = z.strictObject({
  /** Milliseconds for one attempt, the answer included. Default 20 000. */
  timeoutMs: z.number().int().min(100).max(300_000).default(20_000),
  /** Milliseconds until a connection has to stand. Default 10 000. */
  connectTimeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  /** Milliseconds without anything accepted after which a subscription is disabled. Default: five days. */
  disableAfterMs: z
    .number()
    .int()
    .min(1_000)
    .default(120 * HOUR_MS),
  /** Milliseconds for which the secret before the last rotation still signs. Default: a day. */
  rotationOverlapMs: z
    .number()
    .int()
    .nonnegative()
    .default(24 * HOUR_MS),
  /** Days for which deliveries that ended stay in the log. Default 30. */
  keepDays: z.number().int().min(1).max(3_650).default(30),
  /** How many subscriptions one process sends for at once. Default 256. */
  lanes: z.number().int().min(1).max(10_000).default(256),
  /**
   * What an owner must be permitted to be told of an entity, by entity type; for types that are neither here nor known to
   * the plugin it is `webhooks.entity.<type>.read`.
   */
  permissions: z.record(z.string(), z.string()).default({}),
});

export type WebhooksOptions = z.output<typeof webhooksOptions>;
