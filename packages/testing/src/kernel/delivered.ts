import type { Kernel } from "@crmessenger/kernel";
import { EventLog, type StoredEvent } from "@crmessenger/kernel/infrastructure";
import { eventually } from "../time/eventually.ts";

const PAGE = 1_000;

/** What names an event: its definition or its topic. */
export type Topic = string | { readonly topic: string };

export const topicOf = (event: Topic): string => (typeof event === "string" ? event : event.topic);

/** Every event of a topic in the log, in order, in the tenant of the context. */
export async function eventsOf(kernel: Kernel, event: Topic): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.position ?? 0;
    const page = await kernel.get(EventLog).read({ after, topics: [topicOf(event)], limit: PAGE });
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}

/**
 * Waits until the newest event of a topic has been handled by a subscription (`<plugin>.<name>`, where the name is
 * `main` unless the plugin gives another), and answers it. Rejects when there is no such event or subscription, or when
 * the subscription keeps failing, with what it failed with.
 */
export async function delivered(kernel: Kernel, event: Topic, subscription: string): Promise<StoredEvent> {
  const newest = await eventually(async () => {
    const found = (await eventsOf(kernel, event)).at(-1);
    if (!found) throw new Error(`No ${topicOf(event)} has been recorded.`);
    return found;
  });
  await eventually(async () => {
    const states = await kernel.get(EventLog).subscriptions();
    const state = states.find(({ name }) => name === subscription);
    const names = states.map(({ name }) => name).join(", ");
    if (!state) throw new Error(`There is no subscription "${subscription}", but these: ${names || "none"}.`);
    if (state.position >= newest.position) return;
    const why = state.lastError === undefined ? "" : `; it fails with: ${state.lastError}`;
    throw new Error(`"${subscription}" has come to position ${state.position} of ${newest.position}${why}.`);
  });
  return newest;
}
