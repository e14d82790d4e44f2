import { executionContext } from "@crmessenger/kernel";
import type { WebhookSubscription } from "@crmessenger/kernel/extensibility";
import { webhookSubscriptionSchema } from "@crmessenger/kernel/extensibility";
import {
  type Clock,
  type Collection,
  type Collections,
  type Criteria,
  type Ids,
  type Page,
  type PageRequest,
  type Stored,
  defineCollection,
  everything,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { notFound } from "../errors.ts";
import { type Health, type HealthStore, healthy } from "../sending/health.ts";

const Subscriptions = defineCollection<WebhookSubscription>("webhooks.subscriptions", {
  schema: webhookSubscriptionSchema,
  indexes: ["ownerId"],
});

/** One document a tenant. Its id is another one after every change, so that copies of the subscriptions can be trusted. */
const Revisions = defineCollection("webhooks.revisions", { schema: z.object({ id: z.string() }) });
const REVISION = "subscriptions";

/** What its owner decides. */
export type SubscriptionDraft = Omit<
  WebhookSubscription,
  "id" | "tenantId" | "version" | "createdAt" | "updatedAt" | "deletedAt" | "state" | "reason" | "failingSince"
>;

export type SubscriptionChange = Partial<SubscriptionDraft> & Partial<Pick<WebhookSubscription, "state" | "reason">>;

export interface SubscriptionServices {
  readonly collections: Collections;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly health: HealthStore;
}

/**
 * Subscriptions as data. How a receiver is doing changes far more often than its subscription, so it is kept apart and
 * put in where a subscription is read.
 */
export class SubscriptionStore {
  readonly #services: SubscriptionServices;
  readonly #subscriptions: Collection<WebhookSubscription>;
  readonly #revisions: Collection<{ id: string }>;

  constructor(services: SubscriptionServices) {
    this.#services = services;
    this.#subscriptions = services.collections.open(Subscriptions);
    this.#revisions = services.collections.open(Revisions);
  }

  async get(id: string): Promise<WebhookSubscription> {
    const found = await this.find(id);
    if (!found) throw notFound("subscription", id);
    return withHealth(found, await this.#services.health.get(id));
  }

  /** As it was decided, without its health. */
  async find(id: string): Promise<WebhookSubscription | undefined> {
    const found = await this.#subscriptions.get(id);
    return found && recordOf(found);
  }

  async list(criteria: Criteria, page: PageRequest): Promise<Page<WebhookSubscription>> {
    const found = await this.#subscriptions.find(criteria, page);
    const health = await this.#services.health.getMany(found.items.map(({ key }) => key));
    const items = found.items.map((stored) => withHealth(recordOf(stored), health.get(stored.key) ?? healthy));
    return { ...found, items };
  }

  async all(): Promise<readonly WebhookSubscription[]> {
    const found: WebhookSubscription[] = [];
    let after: string | undefined;
    do {
      const page = await this.#subscriptions.find(everything, {
        limit: 500,
        ...(after === undefined ? {} : { after }),
      });
      found.push(...page.items.map(recordOf));
      after = page.next;
    } while (after !== undefined);
    return found;
  }

  async create(draft: SubscriptionDraft): Promise<WebhookSubscription> {
    const id = this.#services.ids.next();
    const now = this.#now();
    const record: WebhookSubscription = {
      ...draft,
      id,
      tenantId: executionContext().tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      state: "active",
      reason: "",
      failingSince: null,
    };
    await this.#subscriptions.insert(id, record);
    await this.#revise();
    return record;
  }

  /** Refuses with `CRM_STORAGE_VERSION_CONFLICT` when somebody else changes it at the same time. */
  async change(before: WebhookSubscription, change: SubscriptionChange): Promise<WebhookSubscription> {
    const record = { ...before, ...change, updatedAt: this.#now(), failingSince: null };
    const state = record.state === "disabled" ? ("disabled" as const) : ("active" as const);
    const reason = state === "disabled" ? record.reason : "";
    const stored = await this.#subscriptions.put(
      before.id,
      { ...record, state, reason },
      { expectedVersion: before.version },
    );
    await this.#revise();
    return recordOf(stored);
  }

  async delete(id: string): Promise<void> {
    if (!(await this.#subscriptions.delete(id))) throw notFound("subscription", id);
    await this.#revise();
  }

  /** Changes with every change of a subscription. */
  async revision(): Promise<string> {
    return (await this.#revisions.get(REVISION))?.value.id ?? "";
  }

  async #revise(): Promise<void> {
    await this.#revisions.put(REVISION, { id: this.#services.ids.next() });
  }

  #now(): string {
    return new Date(this.#services.clock.now()).toISOString();
  }
}

function recordOf({ value, version }: Stored<WebhookSubscription>): WebhookSubscription {
  return { ...value, version };
}

function withHealth(record: WebhookSubscription, { failingSince, lastError }: Health): WebhookSubscription {
  if (record.state === "disabled" || failingSince === null) return record;
  return { ...record, state: "failing", reason: `Nothing was accepted lately: ${lastError}`, failingSince };
}
