import { requireUnitOfWork, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { WebhookDispatcher, WebhookSubscription } from "@crmessenger/kernel/extensibility";
import type { Clock, EventLog, Ids, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { disabled, invalid, notFound } from "../errors.ts";
import { type DeliveryStore, type KeptDelivery, shown } from "../sending/delivery-store.ts";
import type { Lanes } from "../sending/lanes.ts";
import type { SubscriptionStore } from "../subscription/subscription-store.ts";
import type { DeliveryRecorder } from "./delivery-recorder.ts";
import type { TestEvents } from "./test-events.ts";

export interface DispatcherServices {
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly ids: Ids;
  readonly lanes: Lanes;
  readonly log: EventLog;
  readonly recorder: DeliveryRecorder;
  readonly store: SubscriptionStore;
  readonly tests: TestEvents;
  readonly unitOfWork: UnitOfWork;
}

const PAGE = 200;

/** The contract over the parts that do it. */
export function createDispatcher(services: DispatcherServices): WebhookDispatcher {
  const { clock, deliveries, ids, lanes, recorder, store, tests, unitOfWork } = services;
  return {
    async dispatch(event) {
      requireUnitOfWork("A webhook delivery");
      return recorder.record([event]);
    },
    deliveries: (criteria, page) => deliveries.find(criteria, page),
    resend: (deliveryId) =>
      unitOfWork.run(async () => {
        const before = await deliveries.get(deliveryId);
        if (!before) throw notFound("delivery", deliveryId);
        const subscription = await enabled(store, before.subscriptionId);
        const copy = copyOf(before, subscription, ids.next(), clock.now());
        await deliveries.put([copy]);
        await lanes.wake([subscription.id]);
        return shown(copy);
      }),
    async replay(subscriptionId, { after, upTo }) {
      const subscription = await enabled(store, subscriptionId);
      if (upTo < after) throw invalid("upTo", "A range ends at or after where it begins: swap `after` and `upTo`.");
      return replay(services, subscription, after, upTo);
    },
    async test(subscriptionId, topic) {
      const subscription = await enabled(store, subscriptionId);
      return runOutsideUnitOfWork(() => tests.send(subscription, topic));
    },
  };
}

async function enabled(store: SubscriptionStore, id: string): Promise<WebhookSubscription> {
  const subscription = await store.get(id);
  if (subscription.state === "disabled") throw disabled(id);
  return subscription;
}

/** Each page of the log in a unit of its own: a range may be as long as the log. */
async function replay(
  { log, recorder, ids, unitOfWork }: DispatcherServices,
  subscription: WebhookSubscription,
  after: number,
  upTo: number,
): Promise<number> {
  const topics = subscription.topics.map(({ topic }) => topic);
  let recorded = 0;
  for (let from = after; from < upTo;) {
    const events = await log.read({ after: from, limit: PAGE, topics });
    const within = events.filter(({ position }) => position <= upTo);
    recorded += await unitOfWork.run(() => recorder.again(within, subscription, () => ids.next()));
    const last = events.at(-1);
    if (!last || within.length < events.length) break;
    from = last.position;
  }
  return recorded;
}

function copyOf(before: KeptDelivery, { ordered }: WebhookSubscription, id: string, now: number): KeptDelivery {
  if (before.position === 0) throw invalid("id", "A test is not sent again: make another one.");
  const at = new Date(now).toISOString();
  return {
    ...before,
    id,
    status: "pending",
    attempts: [],
    nextAttemptAt: at,
    createdAt: at,
    chain: ordered ? `${before.subscriptionId}/${before.entity}` : null,
    queue: before.subscriptionId,
  };
}
