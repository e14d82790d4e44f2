import { DisableSubscription } from "../src/index.ts";
import { type WebhookDispatcherHarness, describeWebhookDispatcher } from "@crmessenger/testing";
import { contactEvent, contactTopic, pluginsOf, subscribe } from "./support/world.ts";

const harness: WebhookDispatcherHarness = {
  name: "webhooks on memory",
  plugins: () => pluginsOf(),
  topics: { ...contactTopic, other: "contact.updated" },
  event: async (kernel) => contactEvent(kernel),
  subscribe: async (kernel, draft) => (await subscribe(kernel, { ...draft, topics: [...draft.topics] })).subscription,
  disable: async (kernel, id) => void (await kernel.bus.dispatch(DisableSubscription, { id })),
};

describeWebhookDispatcher(harness);
