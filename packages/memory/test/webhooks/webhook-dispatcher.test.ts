import { Collections, Ids } from "@crmessenger/kernel/infrastructure";
import { type WebhookDispatcherHarness, describeWebhookDispatcher, failuresOf, runSuite } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { memory } from "../../src/plugin.ts";
import { but } from "../broken/break-storage.ts";
import {
  type PlainDispatcher,
  bellEvent,
  deliver,
  plainWebhooks,
  storedSubscription,
  subscriptionsOfPlain,
} from "./plain-webhooks.ts";

const harnessOf = (name: string, change?: (sound: PlainDispatcher) => PlainDispatcher): WebhookDispatcherHarness => ({
  name,
  plugins: () => [memory(), plainWebhooks(change)],
  topics: { topic: "bell.rang", version: 1, other: "bell.broke" },
  event: async (kernel) => bellEvent(kernel.get(Ids).next()),
  async subscribe(kernel, draft) {
    const subscription = storedSubscription(kernel.get(Ids).next(), draft);
    await kernel.get(Collections).open(subscriptionsOfPlain).insert(subscription.id, subscription);
    return subscription;
  },
  async disable(kernel, id) {
    const collection = kernel.get(Collections).open(subscriptionsOfPlain);
    const found = await collection.get(id);
    if (found) await collection.put(id, { ...found.value, state: "disabled" });
  },
});

describeWebhookDispatcher(harnessOf("plain"));

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly change: (sound: PlainDispatcher) => PlainDispatcher;
}

const breakages: readonly Breakage[] = [
  {
    fault: "sends before the unit has committed",
    noticedBy: "sends nothing of a unit that was rolled back, and takes its event when it comes again",
    change: (sound) =>
      but(sound, {
        async dispatch(event) {
          const { items } = await sound.services.subscriptions.find({ op: "and", all: [] });
          for (const { value } of items) await sound.attempt({ ...event, body: "{}" } as never, value);
          return sound.dispatch(event);
        },
      }),
  },
  {
    fault: "sends again what was dispatched before",
    noticedBy: "adds nothing for an event that was dispatched before",
    change(sound) {
      let n = 0;
      return but(sound, { dispatch: (event) => sound.dispatch({ ...event, id: `${event.id}-${(n += 1)}` }) });
    },
  },
  {
    fault: "gives up after the first failure",
    noticedBy: "tries again until it is accepted, with the same id and the same bytes",
    change: (sound) => but(sound, { send: (id) => sound.send(id).catch(() => undefined) }),
  },
  {
    fault: "has an id of its own for every attempt",
    noticedBy: "tries again until it is accepted, with the same id and the same bytes",
    change(sound) {
      let n = 0;
      return but(sound, {
        async send(id) {
          const delivery = (await sound.services.deliveries.get(id))?.value;
          if (!delivery) return;
          const subscription = await sound.subscription(delivery.subscriptionId);
          const answer = await sound.attempt({ ...delivery, id: `${id}-${(n += 1)}` }, subscription);
          if (answer.outcome !== "accepted") await sound.services.jobs.enqueue(deliver, { id });
        },
      });
    },
  },
  {
    fault: "waits for one receiver before it calls the next",
    noticedBy: "lets one that does not answer delay no other",
    change(sound) {
      let line: Promise<unknown> = Promise.resolve();
      return but(sound, {
        send(id) {
          const sending = line.then(() => sound.send(id));
          line = sending.catch(() => undefined);
          return sending;
        },
      });
    },
  },
];

test.each(breakages)("a dispatcher that $fault is noticed", async ({ fault, noticedBy, change }) => {
  const reports = await runSuite(() => describeWebhookDispatcher(harnessOf(fault, change)), {
    only: (name) => name === noticedBy,
    deadlineMs: 3_000,
  });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
