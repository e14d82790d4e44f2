import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type {
  DeliveryRetryStrategies,
  DeliveryRetryStrategy,
  DeliveryTarget,
  DeliveryTargets,
  WebhookAttempt,
  WebhookSubscription,
} from "@crmessenger/kernel/extensibility";
import type { Clock, Logger, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Payloads } from "../dispatch/payloads.ts";
import type { SecretStore } from "../signing/secret-store.ts";
import type { SubscriptionStore } from "../subscription/subscription-store.ts";
import type { Alarm } from "./alarm.ts";
import { type Attempting, type Tried, attempt } from "./attempt.ts";
import type { DeliveryStore, KeptDelivery } from "./delivery-store.ts";
import { type Health, type HealthStore, afterFailure, afterSuccess } from "./health.ts";
import { type Lanes, momentAfter, queueAt } from "./lanes.ts";
import { inOrder } from "./in-order.ts";
import type { Pacer } from "./pacer.ts";
import { standardRetry } from "./retry-strategies.ts";
import { Settler } from "./settler.ts";

export interface LaneServices {
  readonly alarm: Alarm;
  readonly clock: Clock;
  readonly deliveries: DeliveryStore;
  readonly disableAfterMs: number;
  readonly health: HealthStore;
  readonly lanes: Lanes;
  readonly logger: Logger;
  readonly payloads: Payloads;
  readonly secrets: SecretStore;
  readonly store: SubscriptionStore;
  readonly strategies: DeliveryRetryStrategies;
  readonly targets: DeliveryTargets;
  readonly unitOfWork: UnitOfWork;
}

const PAGE = 200;

/** A plugin that brought a target or a strategy is away, perhaps for a reload. */
const AWAY_MS = 30_000;

/** A receiver may ask for a pause, and not for one that nobody would notice the end of. */
const MOST_ASKED_MS = 24 * 3_600_000;

/** Why a lane ends before it is empty. */
type End = "held" | "disabled" | undefined;

/** Sends what waits for one subscription, until nothing does. */
export class Lane {
  readonly #services: LaneServices;
  readonly #subscription: WebhookSubscription;
  readonly #attempting: Attempting;
  readonly #strategy: DeliveryRetryStrategy;
  readonly #pacer: Pacer;
  readonly #settler: Settler;
  #health: Health;
  #end: End;
  #heldUntil = 0;

  private constructor(
    services: LaneServices,
    attempting: Attempting,
    { strategy, health, pacer }: { strategy: DeliveryRetryStrategy; health: Health; pacer: Pacer },
  ) {
    this.#services = services;
    this.#subscription = attempting.subscription;
    this.#attempting = attempting;
    this.#strategy = strategy;
    this.#health = health;
    this.#pacer = pacer;
    this.#settler = new Settler(services);
  }

  /** Sends for a subscription; `pacer` is the one of the runs before. */
  static async run(services: LaneServices, subscriptionId: string, pacer: Pacer, signal: AbortSignal): Promise<void> {
    const { store, health, secrets, deliveries, clock } = services;
    const [subscription, before, signers, page] = await Promise.all([
      store.find(subscriptionId),
      health.get(subscriptionId),
      secrets.signers(subscriptionId),
      deliveries.waiting(subscriptionId, PAGE),
    ]);
    if (page.length === 0) return;
    if (!subscription || subscription.state === "disabled") return dropAll(services, subscriptionId, page, before);
    const parts = partsOf(services, subscription);
    if (!parts) return services.lanes.wake([subscriptionId], clock.now() + AWAY_MS);
    const attempting = { subscription, target: parts.target, signers, payloads: services.payloads, signal, clock };
    const lane = new Lane(services, attempting, { strategy: parts.strategy, health: before, pacer });
    await lane.#drain(page);
  }

  /** It ends with a look that finds nothing: what comes while it sends need not wait for another job. */
  async #drain(first: readonly KeptDelivery[]): Promise<void> {
    const { deliveries, health, lanes } = this.#services;
    const { id, ordered } = this.#subscription;
    for (let page = first; page.length > 0 && !this.#end; page = await deliveries.waiting(id, PAGE)) {
      const chains = ordered ? await this.#inOrder(page) : page.map((delivery) => [delivery]);
      await this.#sendAll(chains);
      await this.#settler.written();
    }
    await health.put(id, this.#health);
    if (this.#end === "held") await lanes.wake([id], this.#heldUntil);
    if (this.#end === "disabled") await lanes.wake([id]); // which drops the rest
  }

  async #inOrder(page: readonly KeptDelivery[]): Promise<readonly (readonly KeptDelivery[])[]> {
    const chains = [...new Set(page.flatMap(({ chain }) => chain ?? []))];
    const { ready, behind } = inOrder(page, await this.#services.deliveries.chained(chains));
    if (behind.length > 0) this.#settler.add(...behind);
    return ready;
  }

  /** As many chains at once as the subscription allows, each from its beginning. */
  async #sendAll(chains: readonly (readonly KeptDelivery[])[]): Promise<void> {
    let next = 0;
    const work = async () => {
      for (let chain = chains[next++]; chain && !this.#end; chain = chains[next++]) await this.#sendChain(chain);
    };
    const workers = Array.from({ length: Math.min(this.#subscription.concurrency, chains.length) }, work);
    const results = await Promise.allSettled(workers);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw await this.#settler.written().then(() => failed.reason as Error);
  }

  async #sendChain(chain: readonly KeptDelivery[]): Promise<void> {
    for (const [index, delivery] of chain.entries()) {
      if (this.#end) return;
      await this.#pacer.take(this.#subscription.perSecond, this.#attempting.signal);
      const tried = await attempt(delivery, this.#attempting);
      if (tried.kind === "held") return this.#hold(tried.forMs);
      const after = await this.#after(delivery, tried);
      this.#settler.add(after);
      if (after.queue === null) continue;
      const { queue, nextAttemptAt } = after;
      this.#settler.add(...chain.slice(index + 1).map((later) => ({ ...later, queue, nextAttemptAt })));
      return;
    }
  }

  #hold(milliseconds: number): void {
    this.#end ??= "held";
    this.#heldUntil = Math.max(this.#heldUntil, this.#services.clock.now() + milliseconds);
  }

  async #after(before: KeptDelivery, tried: Exclude<Tried, { kind: "held" }>): Promise<KeptDelivery> {
    const attempts = [...before.attempts, tried.attempt];
    const delivery = { ...before, payload: tried.payload, event: tried.payload ? null : before.event };
    const { attempts: made, milliseconds } = this.#health;
    this.#health = { ...this.#health, attempts: made + 1, milliseconds: milliseconds + tried.attempt.milliseconds };
    if (tried.kind === "accepted") {
      this.#health = afterSuccess(this.#health, tried.attempt.at);
      return ended({ ...delivery, attempts }, "delivered");
    }
    await this.#failed(tried);
    if (tried.kind === "gone") return this.#dropped({ ...delivery, attempts });
    const delay = await this.#nextDelay(attempts);
    if (delay === null) {
      this.#health = { ...this.#health, exhausted: this.#health.exhausted + 1 };
      return ended({ ...delivery, attempts }, "exhausted");
    }
    const asked = Math.min(tried.retryAfterMs ?? 0, MOST_ASKED_MS);
    const moment = momentAfter(this.#services.clock.now(), Math.max(delay, asked));
    const nextAttemptAt = new Date(moment).toISOString();
    return { ...delivery, attempts, nextAttemptAt, queue: queueAt(delivery.subscriptionId, nextAttemptAt) };
  }

  /** What happened must be written down, whatever a strategy of another plugin does. */
  async #nextDelay(attempts: readonly WebhookAttempt[]): Promise<number | null> {
    const random = Math.random();
    try {
      return await this.#strategy.nextDelay(attempts, random);
    } catch (error) {
      const { code, message } = toCrmError(error);
      this.#services.logger.warn(`The retry strategy "${this.#strategy.name}" failed: ${message}`, { code });
      return standardRetry.nextDelay(attempts, random);
    }
  }

  #dropped(delivery: KeptDelivery): KeptDelivery {
    this.#health = { ...this.#health, dropped: this.#health.dropped + 1 };
    return ended(delivery, "dropped");
  }

  /** Tells what there is to tell, and ends the subscription when it is time. */
  async #failed({ kind, attempt: { errorCode, status } }: Exclude<Tried, { kind: "held" }>): Promise<void> {
    const { alarm, clock, disableAfterMs, health: store } = this.#services;
    const { id } = this.#subscription;
    const error = status === null ? (errorCode ?? "no answer") : `HTTP ${status}`;
    const { health, alert } = afterFailure(this.#health, { now: clock.now(), error, disableAfterMs });
    this.#health = health;
    if (kind === "gone") {
      await alarm.disable(id, "The receiver answered 410 Gone.");
      this.#end = "disabled";
    } else if (alert && alert.stage >= 1) {
      await alarm.disable(id, `Nothing was accepted since ${alert.failingSince}: ${error}.`);
      this.#end = "disabled";
    } else if (alert) {
      await alarm.tell(this.#subscription, alert, error, () => store.put(id, health));
    }
  }
}

function ended(delivery: KeptDelivery, status: "delivered" | "exhausted" | "dropped"): KeptDelivery {
  return { ...delivery, status, nextAttemptAt: null, queue: null, chain: null };
}

function partsOf(
  { targets, strategies, logger }: LaneServices,
  subscription: WebhookSubscription,
): { readonly target: DeliveryTarget; readonly strategy: DeliveryRetryStrategy } | undefined {
  try {
    return { target: targets.get(subscription.target), strategy: strategies.get(subscription.retry) };
  } catch (error) {
    if (!isCrmError(error, "CRM_REGISTRY_UNKNOWN")) throw error;
    logger.warn(`Webhooks of a subscription wait: ${error.message}`, { subscription: subscription.id });
    return undefined;
  }
}

async function dropAll(
  { deliveries, health: store }: LaneServices,
  subscriptionId: string,
  first: readonly KeptDelivery[],
  health: Health,
): Promise<void> {
  let dropped = 0;
  for (let page = first; page.length > 0; page = await deliveries.waiting(subscriptionId, PAGE)) {
    await deliveries.put(page.map((delivery) => ended(delivery, "dropped")));
    dropped += page.length;
  }
  await store.put(subscriptionId, { ...health, dropped: health.dropped + dropped });
}
