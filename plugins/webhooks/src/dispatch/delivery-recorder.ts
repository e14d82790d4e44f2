import { eventInVersion, toCrmError } from "@crmessenger/kernel";
import type { WebhookPayload, WebhookSubscription } from "@crmessenger/kernel/extensibility";
import {
  type Clock,
  type EventCatalogue,
  type Logger,
  type StoredEvent,
  matches,
} from "@crmessenger/kernel/infrastructure";
import { type DeliveryStore, type KeptDelivery } from "../sending/delivery-store.ts";
import type { Lanes } from "../sending/lanes.ts";
import type { Tidying } from "../sending/tidying.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import { type AccessServices, OwnerAccess } from "./owner-access.ts";
import type { Payloads } from "./payloads.ts";
import type { SubscriptionIndex } from "./subscription-index.ts";

export interface RecorderServices {
  readonly access: AccessServices;
  readonly catalogue: EventCatalogue;
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly index: SubscriptionIndex;
  readonly lanes: Lanes;
  readonly logger: Logger;
  readonly payloads: Payloads;
  /** What owners need, by entity type. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly tidying: Tidying;
}

/** Records who is to be told of events, in the current unit of work and tenant. */
export class DeliveryRecorder {
  readonly #services: RecorderServices;

  constructor(services: RecorderServices) {
    this.#services = services;
  }

  /** For every subscription that wants them, under ids that are the same each time. Answers how many are new. */
  async record(events: readonly StoredEvent[]): Promise<number> {
    const interests = await this.#services.index.current();
    const access = this.#access();
    const found: KeptDelivery[] = [];
    for (const event of events) {
      for (const version of interests.versions(event.topic)) {
        const shown = this.#inVersion(event, version);
        for (const subscription of shown ? interests.matching(event.topic, version, shown.payload) : [])
          if (shown && (await access.mayRead(subscription.ownerId, event))) {
            const told = await toldOf(access, shown, subscription);
            if (told) found.push(await this.#deliveryOf(told, subscription, deliveryIdOf(event.id, subscription.id)));
          }
      }
    }
    return this.#keep(found);
  }

  /** For one subscription, once more: under new ids. */
  async again(
    events: readonly StoredEvent[],
    subscription: WebhookSubscription,
    nextId: () => string,
  ): Promise<number> {
    const interests = await this.#services.index.current();
    const access = this.#access();
    const found: KeptDelivery[] = [];
    for (const event of events) {
      const version = subscription.topics.find(({ topic }) => topic === event.topic)?.version;
      const shown = version === undefined ? undefined : this.#inVersion(event, version);
      if (!shown || version === undefined) continue;
      const wanted = interests.matching(event.topic, version, shown.payload).some(({ id }) => id === subscription.id);
      if (!wanted || !(await access.mayRead(subscription.ownerId, event))) continue;
      const told = await toldOf(access, shown, subscription);
      if (told) found.push(await this.#deliveryOf(told, subscription, nextId()));
    }
    return this.#keep(found);
  }

  async #keep(found: readonly KeptDelivery[]): Promise<number> {
    if (found.length === 0) return 0;
    const { deliveries, lanes, tidying } = this.#services;
    const added = await deliveries.insertNew(found);
    await tidying.ask();
    await lanes.wake(new Set(added.map(({ subscriptionId }) => subscriptionId)));
    return added.length;
  }

  async #deliveryOf(event: StoredEvent, subscription: WebhookSubscription, id: string): Promise<KeptDelivery> {
    const now = new Date(this.#services.clock.now()).toISOString();
    const { type, id: entityId } = event.aggregate;
    const payload = await this.#payloadOf(event, subscription);
    return {
      id,
      subscriptionId: subscription.id,
      eventId: event.id,
      topic: event.topic,
      status: "pending",
      attempts: [],
      nextAttemptAt: now,
      createdAt: now,
      position: event.position,
      entity: `${type}/${entityId}`,
      chain: subscription.ordered ? `${subscription.id}/${type}/${entityId}` : null,
      queue: subscription.id,
      payload,
      event: payload ? null : event,
    };
  }

  /** Null when it could not be made: then every attempt tries again, and no other subscription suffers. */
  async #payloadOf(event: StoredEvent, subscription: WebhookSubscription): Promise<WebhookPayload | null> {
    const { logger, payloads } = this.#services;
    try {
      return await payloads.of(event, subscription);
    } catch (error) {
      const { code, message } = toCrmError(error);
      logger.warn(`The payload of a webhook could not be made yet: ${message}`, {
        code,
        subscription: subscription.id,
      });
      return null;
    }
  }

  /** Undefined for what nothing here can convert: the plugin that records it is gone, and with it its versions. */
  #inVersion(event: StoredEvent, version: number): StoredEvent | undefined {
    if (event.version === version) return event;
    const definition = this.#services.catalogue.definition(event.topic);
    return definition && eventInVersion(definition, event, version);
  }

  #access(): OwnerAccess {
    return new OwnerAccess(this.#services.access, this.#services.permissions);
  }
}

/** The event as the subscription's owner may see it; undefined when it would match for what the owner may not see. */
async function toldOf(
  access: OwnerAccess,
  event: StoredEvent,
  { ownerId, criteria }: WebhookSubscription,
): Promise<StoredEvent | undefined> {
  const told = await access.shown(ownerId, event);
  return told === event || matches(criteria, told.payload) ? told : undefined;
}
