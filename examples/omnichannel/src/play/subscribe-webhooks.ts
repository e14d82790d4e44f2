import type { WebhookReceiver } from "../world/webhook-receiver.ts";
import type { ApiClient } from "./api-client.ts";
import type { Probe } from "./probe.ts";

/** Leads in version 1, as a receiver that was written before there was a version 2 still gets them. */
const TOPICS = [
  { topic: "contact.created", version: 1 },
  { topic: "lead.created", version: 1 },
  { topic: "conversation.opened", version: 1 },
  { topic: "message.received", version: 1 },
  { topic: "message.queued", version: 1 },
  { topic: "message.status-changed", version: 1 },
];
const NAME = "The receiver of this run";

/** What was subscribed to, and since when. */
export interface Subscribed {
  readonly topics: readonly string[];
  /** The events after this one: a number in the order in which events were written. */
  readonly after: number;
}

interface Subscription {
  readonly id: string;
  readonly name: string;
}

/** Subscribes the receiver, in the place of the one of an earlier run on the same data. */
export async function subscribeWebhooks(api: ApiClient, receiver: WebhookReceiver, probe: Probe): Promise<Subscribed> {
  const { items } = await api.get<{ items: readonly Subscription[] }>("/api/v1/webhooks?limit=500");
  for (const { id, name } of items) if (name === NAME) await api.delete(`/api/v1/webhooks/${id}`);
  const { secret } = await api.post<{ secret: string }>("/api/v1/webhooks", {
    name: NAME,
    url: receiver.url,
    topics: TOPICS,
    retry: "quick",
  });
  receiver.secret = secret;
  const [last] = await probe.query("select coalesce(max(id), 0)::int as id from events");
  return { topics: TOPICS.map(({ topic }) => topic), after: Number(last?.["id"] ?? 0) };
}
