import type { Probe } from "../play/probe.ts";
import type { Subscribed } from "../play/subscribe-webhooks.ts";
import type { WebhookReceiver } from "../world/webhook-receiver.ts";

/** What happened, and what the receiver was told of it. */
export interface WebhooksReport {
  /** Events of the subscribed topics, by SQL. */
  readonly events: number;
  /** Those that the receiver holds, each counted once. */
  readonly delivered: number;
  readonly missing: number;
  /** Those that came under more than one id, so that the receiver can't tell that they are the same. */
  readonly duplicates: number;
}

export async function reportWebhooks(
  probe: Probe,
  { webhookIds }: WebhookReceiver,
  subscribed: Subscribed | undefined,
): Promise<WebhooksReport> {
  if (!subscribed) return { events: 0, delivered: 0, missing: 0, duplicates: 0 };
  const rows = await probe.query("select uuid::text as id from events where id > $1 and topic = any($2::text[])", [
    subscribed.after,
    subscribed.topics,
  ]);
  const delivered = rows.filter(({ id }) => webhookIds.has(String(id))).length;
  return {
    events: rows.length,
    delivered,
    missing: rows.length - delivered,
    duplicates: [...webhookIds.values()].filter((ids) => ids.size > 1).length,
  };
}
