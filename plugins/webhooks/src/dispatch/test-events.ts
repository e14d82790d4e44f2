import { executionContext } from "@crmessenger/kernel";
import type { DeliveryTargets, WebhookDelivery, WebhookSubscription } from "@crmessenger/kernel/extensibility";
import type { Clock, EventCatalogue, Ids, StoredEvent } from "@crmessenger/kernel/infrastructure";
import { invalid } from "../errors.ts";
import { attempt } from "../sending/attempt.ts";
import { type DeliveryStore, type KeptDelivery, shown } from "../sending/delivery-store.ts";
import type { SecretStore } from "../signing/secret-store.ts";
import type { Payloads } from "./payloads.ts";
import { sampleOf } from "./sample.ts";

export interface TestServices {
  readonly catalogue: EventCatalogue;
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly ids: Ids;
  readonly payloads: Payloads;
  readonly secrets: SecretStore;
  readonly targets: DeliveryTargets;
}

/** Sends made-up events, so that somebody who builds a receiver sees one. */
export class TestEvents {
  readonly #services: TestServices;

  constructor(services: TestServices) {
    this.#services = services;
  }

  async send(subscription: WebhookSubscription, topic: string): Promise<WebhookDelivery> {
    const { clock, deliveries, payloads, secrets, targets } = this.#services;
    const event = this.#event(subscription, topic);
    const payload = await payloads.of(event, subscription);
    const delivery = this.#delivery(subscription, event, payload);
    const target = targets.get(subscription.target);
    const signers = await secrets.signers(subscription.id);
    const signal = new AbortController().signal;
    const tried = await attempt(delivery, { subscription, target, signers, payloads, signal, clock });
    if (tried.kind === "held")
      throw invalid(
        "url",
        `The address failed repeatedly and is left alone for ${tried.forMs} ms: try the test again after that.`,
        { retryAfterMs: tried.forMs },
      );
    const status = tried.kind === "accepted" ? ("delivered" as const) : ("exhausted" as const);
    const ended: KeptDelivery = { ...delivery, attempts: [tried.attempt], status };
    await deliveries.put([ended]);
    return shown(ended);
  }

  #event(subscription: WebhookSubscription, topic: string): StoredEvent {
    const { catalogue, clock, ids } = this.#services;
    const definition = catalogue.definition(topic);
    if (!definition) throw invalid("topic", `No plugin of this application records ${topic}.`, { topic });
    const wanted = subscription.topics.find((one) => one.topic === topic)?.version;
    const version = wanted ?? definition.latest;
    const schema = definition.versions[version];
    const id = ids.next();
    const { tenantId, actor, correlationId, causationId } = executionContext();
    return {
      id,
      topic,
      version,
      aggregate: { type: topic.split(".")[0] ?? topic, id: "test" },
      payload: schema ? sampleOf(schema) : {},
      tenantId,
      actor,
      correlationId,
      causationId,
      occurredAt: new Date(clock.now()).toISOString(),
      position: 0,
    };
  }

  #delivery(subscription: WebhookSubscription, event: StoredEvent, payload: KeptDelivery["payload"]): KeptDelivery {
    return {
      id: this.#services.ids.next(),
      subscriptionId: subscription.id,
      eventId: event.id,
      topic: event.topic,
      status: "pending",
      attempts: [],
      nextAttemptAt: null,
      createdAt: event.occurredAt,
      position: 0,
      entity: "test",
      chain: null,
      queue: null,
      payload,
      event: null,
    };
  }
}
