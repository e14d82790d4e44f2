import { type Handler, answer, handle } from "@crmessenger/kernel";
import type { WebhookDispatcher } from "@crmessenger/kernel/extensibility";
import { type Clock, type Criteria, type UnitOfWork, and, where } from "@crmessenger/kernel/infrastructure";
import { notFound } from "./errors.ts";
import {
  CreateSubscription,
  DeleteSubscription,
  DisableSubscription,
  EnableSubscription,
  GetFigures,
  GetSubscription,
  ListDeliveries,
  ListSubscriptions,
  ReplayEvents,
  ResendDelivery,
  RotateSecret,
  SendTestEvent,
  UpdateSubscription,
} from "./operations.ts";
import type { DeliveryStore } from "./sending/delivery-store.ts";
import type { HealthStore } from "./sending/health.ts";
import type { SubscriptionDesk } from "./subscription/subscription-desk.ts";
import type { SubscriptionStore } from "./subscription/subscription-store.ts";

export interface HandlerServices {
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly desk: SubscriptionDesk;
  readonly dispatcher: WebhookDispatcher;
  readonly health: HealthStore;
  readonly rotationOverlapMs: number;
  readonly store: SubscriptionStore;
  readonly unitOfWork: UnitOfWork;
}

export function webhookHandlers(services: HandlerServices): readonly Handler[] {
  return [...subscriptionHandlers(services), ...secretHandlers(services), ...deliveryHandlers(services)];
}

function subscriptionHandlers({ desk, store }: HandlerServices): readonly Handler[] {
  return [
    handle(UpdateSubscription, async ({ id, ...change }, { scope }) => desk.update(id, change, await scope())),
    handle(EnableSubscription, async ({ id }, { scope }) => desk.enable(id, await scope())),
    handle(DisableSubscription, async ({ id }, { scope }) => desk.disable(id, await scope())),
    handle(DeleteSubscription, async ({ id }, { scope }) => {
      await desk.delete(id, await scope());
      return {};
    }),
    answer(GetSubscription, ({ id }, { scope }) => desk.reach(id, scope)),
    answer(ListSubscriptions, (page, { scope }) => store.list(scope, page)),
  ];
}

/** In units of work of their own, so that answers, which hold secrets, are not kept for retries. */
function secretHandlers({ clock, desk, rotationOverlapMs, unitOfWork }: HandlerServices): readonly Handler[] {
  return [
    handle(
      CreateSubscription,
      ({ signature, ownerId, ...draft }) => unitOfWork.run(() => desk.create(draft, ownerId, signature)),
      { unitOfWork: "own" },
    ),
    handle(
      RotateSecret,
      async ({ id, signature }, { scope }) => {
        const within = await scope();
        const overlapUntil = new Date(clock.now() + rotationOverlapMs).toISOString();
        const secret = await unitOfWork.run(() => desk.rotate(id, signature, rotationOverlapMs, within));
        return { secret, overlapUntil };
      },
      { unitOfWork: "own" },
    ),
  ];
}

function deliveryHandlers(services: HandlerServices): readonly Handler[] {
  const { deliveries, desk, dispatcher } = services;
  return [
    handle(ResendDelivery, async ({ id }, { scope }) => {
      const found = await deliveries.get(id);
      if (!found) throw notFound("delivery", id);
      await desk.reach(found.subscriptionId, await scope());
      return dispatcher.resend(id);
    }),
    handle(
      ReplayEvents,
      async ({ id, ...range }, { scope }) => {
        await desk.reach(id, await scope());
        return { recorded: await dispatcher.replay(id, range) };
      },
      { unitOfWork: "own" },
    ),
    handle(
      SendTestEvent,
      async ({ id, topic }, { scope }) => {
        await desk.reach(id, await scope());
        return dispatcher.test(id, topic);
      },
      { unitOfWork: "own" },
    ),
    answer(ListDeliveries, async ({ id, limit, after, ...wanted }, { scope }) => {
      await desk.reach(id, scope);
      const page = { ...(limit === undefined ? {} : { limit }), ...(after === undefined ? {} : { after }) };
      return dispatcher.deliveries(deliveriesLike(id, wanted), page);
    }),
    answer(GetFigures, ({ id }, { scope }) => figuresOf(services, id, scope)),
  ];
}

interface Wanted {
  readonly status?: string;
  readonly topic?: string;
  readonly eventId?: string;
  readonly since?: string;
}

function deliveriesLike(subscriptionId: string, { since, ...equal }: Wanted): Criteria {
  const parts = Object.entries({ subscriptionId, ...equal }).map(([field, value]) => where(field).eq(value));
  return and(...parts, ...(since === undefined ? [] : [where("createdAt").gte(since)]));
}

async function figuresOf({ deliveries, desk, health }: HandlerServices, id: string, scope: Criteria) {
  await desk.reach(id, scope);
  const [figures, waiting] = await Promise.all([health.get(id), deliveries.waiting(id)]);
  const { delivered, exhausted, dropped, attempts, milliseconds, lastDeliveredAt, failingSince } = figures;
  return {
    subscriptionId: id,
    delivered,
    exhausted,
    dropped,
    waiting: waiting.length,
    attempts,
    milliseconds: attempts === 0 ? 0 : Math.round(milliseconds / attempts),
    lastDeliveredAt,
    failingSince,
  };
}
