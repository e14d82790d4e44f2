import { CrmError, definePlugin, executionContext, requireUnitOfWork, systemActor, work } from "@crmessenger/kernel";
import {
  type DeliveryAnswer,
  type DeliveryTarget,
  DeliveryTargets,
  type WebhookAttempt,
  type WebhookDelivery,
  WebhookDispatcher,
  type WebhookSubscription,
} from "@crmessenger/kernel/extensibility";
import {
  Clock,
  type Collection,
  Collections,
  type Criteria,
  Ids,
  Jobs,
  type Page,
  type PageRequest,
  type StoredEvent,
  UnitOfWork,
  defineCollection,
  defineJob,
  everything,
  matches,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

type Delivery = WebhookDelivery & { readonly body: string };

export const subscriptionsOfPlain = defineCollection("plain-webhooks.subscriptions", {
  schema: z.custom<WebhookSubscription>(),
});
const deliveries = defineCollection("plain-webhooks.deliveries", {
  schema: z.custom<Delivery>(),
  indexes: ["eventId"],
});
export const deliver = defineJob("plain-webhooks.deliver", {
  data: z.object({ id: z.string() }),
  backoffMs: 10,
  maxBackoffMs: 50,
});

interface Services {
  readonly subscriptions: Collection<WebhookSubscription>;
  readonly deliveries: Collection<Delivery>;
  readonly jobs: Jobs;
  readonly units: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly targets: ReadonlyMap<string, DeliveryTarget>;
}

function notFound(what: string): CrmError {
  return new CrmError("CRM_WEBHOOK_NOT_FOUND", `There is no such ${what}.`, { status: 404 });
}

/** The shortest dispatcher that keeps the contract, for the suite's own tests. */
export class PlainDispatcher implements WebhookDispatcher {
  readonly services: Services;

  constructor(services: Services) {
    this.services = services;
  }

  async dispatch(event: StoredEvent): Promise<number> {
    requireUnitOfWork("A delivery");
    let count = 0;
    for (const { value: subscription } of (await this.services.subscriptions.find(everything)).items) {
      if (subscription.state === "disabled" || !subscription.topics.some(({ topic }) => topic === event.topic))
        continue;
      if (!matches(subscription.criteria, event.payload)) continue;
      const id = `${subscription.id}.${event.id}`;
      if (await this.services.deliveries.get(id)) continue;
      await this.record(id, subscription, event);
      count += 1;
    }
    return count;
  }

  async record(id: string, { id: subscriptionId }: WebhookSubscription, event: StoredEvent): Promise<Delivery> {
    const createdAt = new Date(this.services.clock.now()).toISOString();
    const about = { id, subscriptionId, eventId: event.id, topic: event.topic, body: JSON.stringify(event.payload) };
    const delivery: Delivery = { ...about, status: "pending", attempts: [], nextAttemptAt: createdAt, createdAt };
    await this.services.deliveries.insert(id, delivery);
    await this.services.jobs.enqueue(deliver, { id });
    return delivery;
  }

  async deliveries(criteria: Criteria, page?: PageRequest): Promise<Page<WebhookDelivery>> {
    const found = await this.services.deliveries.find(criteria, page);
    return { ...found, items: found.items.map(({ value }) => value) };
  }

  async resend(deliveryId: string): Promise<WebhookDelivery> {
    const delivery = (await this.services.deliveries.get(deliveryId))?.value;
    if (!delivery) throw notFound("delivery");
    const again = { ...delivery, id: this.services.ids.next(), status: "pending" as const, attempts: [] };
    return this.services.units.run(async () => {
      await this.services.deliveries.insert(again.id, again);
      await this.services.jobs.enqueue(deliver, { id: again.id });
      return again;
    });
  }

  async replay(subscriptionId: string): Promise<number> {
    await this.subscription(subscriptionId);
    return 0;
  }

  async test(subscriptionId: string, topic: string): Promise<WebhookDelivery> {
    const subscription = await this.subscription(subscriptionId);
    if (subscription.state === "disabled")
      throw new CrmError("CRM_WEBHOOK_DISABLED", "The subscription is disabled.", { status: 409 });
    const at = new Date(this.services.clock.now()).toISOString();
    const id = this.services.ids.next();
    const delivery: Delivery = {
      id,
      subscriptionId,
      eventId: id,
      topic,
      body: "{}",
      status: "pending",
      attempts: [],
      nextAttemptAt: null,
      createdAt: at,
    };
    const { status, response } = await this.attempt(delivery, subscription);
    return { ...delivery, attempts: [{ number: 1, at, milliseconds: 0, status, response, errorCode: null }] };
  }

  async subscription(id: string): Promise<WebhookSubscription> {
    const found = (await this.services.subscriptions.get(id))?.value;
    if (found) return found;
    throw notFound("subscription");
  }

  attempt({ id, body }: Delivery, subscription: WebhookSubscription): Promise<DeliveryAnswer> {
    const target = this.services.targets.get(subscription.target);
    if (!target) throw notFound("target");
    const payload = { contentType: "application/json", body };
    const signal = new AbortController().signal;
    return target.deliver({ subscription, deliveryId: id, payload, signature: {}, signal });
  }

  /** One attempt of a job; a throw retries it. */
  async send(id: string): Promise<void> {
    const delivery = (await this.services.deliveries.get(id))?.value;
    if (!delivery) return;
    const sending = this.attempt(delivery, await this.subscription(delivery.subscriptionId));
    const answer = await sending.catch(() => ({ outcome: "failed" as const, status: null, response: "" }));
    const delivered = answer.outcome === "accepted";
    await this.log(delivery, { status: answer.status, response: answer.response }, delivered);
    if (!delivered) throw new Error(`It answered ${answer.status}.`);
  }

  async log(delivery: Delivery, answer: Pick<WebhookAttempt, "status" | "response">, delivered: boolean) {
    const at = new Date(this.services.clock.now()).toISOString();
    const attempt = { ...answer, number: delivery.attempts.length + 1, at, milliseconds: 0, errorCode: null };
    const attempts = [...delivery.attempts, attempt];
    const status = delivered ? "delivered" : "pending";
    await this.services.deliveries.put(delivery.id, { ...delivery, attempts, status });
  }
}

/** The dispatcher as a plugin. `change` may break it. */
export const plainWebhooks = (change: (sound: PlainDispatcher) => PlainDispatcher = (sound) => sound) =>
  definePlugin({
    id: "plain-webhooks",
    version: "1.0.0",
    deps: { collections: Collections, jobs: Jobs, units: UnitOfWork, ids: Ids, clock: Clock },
    provides: { dispatcher: WebhookDispatcher, targets: DeliveryTargets },
    boot({ collections, ...services }) {
      const targets = new Map<string, DeliveryTarget>();
      const dispatcher = change(
        new PlainDispatcher({
          ...services,
          subscriptions: collections.open(subscriptionsOfPlain),
          deliveries: collections.open(deliveries),
          targets,
        }),
      );
      const registry: DeliveryTargets = {
        register: (target) => void targets.set(target.name, target),
        unregister: (name) => void targets.delete(name),
        get: (name) => targets.get(name) as DeliveryTarget,
        all: () => [...targets.values()],
      };
      return {
        provide: { dispatcher, targets: registry },
        jobs: [work(deliver, ({ data }) => dispatcher.send(data.id))],
      };
    },
  })();

/** A subscription as it is stored, with what a draft says of it. */
export const storedSubscription = (id: string, draft: Partial<WebhookSubscription>): WebhookSubscription => ({
  id,
  tenantId: executionContext().tenantId,
  version: 1,
  createdAt: "2026-01-02T03:04:05.006Z",
  updatedAt: "2026-01-02T03:04:05.006Z",
  deletedAt: null,
  name: "receiver",
  url: "https://example.com",
  target: "http",
  topics: [],
  criteria: everything,
  payload: "full",
  headers: {},
  retry: "exponential",
  ownerId: id,
  ordered: false,
  concurrency: 10,
  perSecond: 100,
  state: "active",
  reason: "",
  failingSince: null,
  ...draft,
});

export const bellEvent = (id: string): StoredEvent => ({
  id,
  topic: "bell.rang",
  version: 1,
  aggregate: { type: "bell", id: "b" },
  payload: { times: 1 },
  tenantId: executionContext().tenantId,
  actor: systemActor,
  correlationId: id,
  causationId: null,
  occurredAt: "2026-01-02T03:04:05.006Z",
  position: 1,
});
