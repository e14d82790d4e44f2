import { executionContext } from "@crmessenger/kernel";
import type { WebhookSubscription } from "@crmessenger/kernel/extensibility";
import type { UserRepository } from "@crmessenger/kernel/iam";
import {
  type Auditor,
  type Criteria,
  type CriteriaSubject,
  type FieldChange,
  type Json,
  matches,
} from "@crmessenger/kernel/infrastructure";
import { invalid, notFound } from "../errors.ts";
import type { HealthStore } from "../sending/health.ts";
import type { Lanes } from "../sending/lanes.ts";
import type { SecretStore } from "../signing/secret-store.ts";
import type { SignatureScheme } from "../signing/signing-secret.ts";
import { type CheckServices, checkDraft } from "./check-draft.ts";
import type { SubscriptionChange, SubscriptionDraft, SubscriptionStore } from "./subscription-store.ts";

export interface DeskServices {
  readonly auditor: Auditor;
  readonly checks: CheckServices;
  readonly health: HealthStore;
  readonly lanes: Lanes;
  readonly secrets: SecretStore;
  readonly store: SubscriptionStore;
  readonly users: UserRepository;
}

/** Where subscriptions are made and changed: checked, within the caller's reach, and with a trace in the audit. */
export class SubscriptionDesk {
  readonly #services: DeskServices;

  constructor(services: DeskServices) {
    this.#services = services;
  }

  /** `CRM_WEBHOOK_NOT_FOUND` for one that is out of reach, too. */
  async reach(id: string, scope: Criteria): Promise<WebhookSubscription> {
    const found = await this.#services.store.get(id);
    if (!matches(scope, found as unknown as CriteriaSubject)) throw notFound("subscription", id);
    return found;
  }

  async create(draft: Omit<SubscriptionDraft, "ownerId">, ownerId: string | undefined, signature: SignatureScheme) {
    const { checks, secrets, store } = this.#services;
    const owner = await this.#ownerOf(ownerId);
    await checkDraft(draft, draft.target, checks);
    const subscription = await store.create({ ...draft, ownerId: owner });
    const secret = await secrets.rotate(subscription.id, signature, 0);
    await this.#audit("webhooks.subscription.create", subscription.id);
    return { subscription, secret };
  }

  async update(id: string, change: Partial<SubscriptionDraft>, scope: Criteria): Promise<WebhookSubscription> {
    const before = await this.#decided(id, scope);
    await checkDraft(change, change.target ?? before.target, this.#services.checks);
    const { actor } = executionContext();
    const elsewhere = change.url !== undefined || change.target !== undefined;
    const ownerId = elsewhere && actor.kind === "user" ? actor.id : before.ownerId;
    return this.#change(before, { ...change, ownerId }, "webhooks.subscription.update");
  }

  async enable(id: string, scope: Criteria): Promise<WebhookSubscription> {
    const { health, lanes } = this.#services;
    const before = await this.#decided(id, scope);
    await health.put(id, { ...(await health.get(id)), failingSince: null, lastError: "", stage: 0 });
    await lanes.wake([id]);
    return this.#change(before, { state: "active" }, "webhooks.subscription.enable");
  }

  async disable(id: string, scope: Criteria): Promise<WebhookSubscription> {
    const before = await this.#decided(id, scope);
    await this.#services.lanes.wake([id]); // which drops what waits
    return this.#change(
      before,
      { state: "disabled", reason: "Somebody disabled it." },
      "webhooks.subscription.disable",
    );
  }

  async delete(id: string, scope: Criteria): Promise<void> {
    await this.reach(id, scope);
    const { health, lanes, secrets, store } = this.#services;
    await store.delete(id);
    await Promise.all([secrets.forget(id), health.delete(id), lanes.wake([id])]);
    await this.#audit("webhooks.subscription.delete", id);
  }

  async rotate(id: string, scheme: SignatureScheme | undefined, overlapMs: number, scope: Criteria): Promise<string> {
    await this.reach(id, scope);
    const secret = await this.#services.secrets.rotate(id, scheme, overlapMs);
    await this.#audit("webhooks.secret.rotate", id);
    return secret;
  }

  /** As it was decided, which is what changes are made to. */
  async #decided(id: string, scope: Criteria): Promise<WebhookSubscription> {
    await this.reach(id, scope);
    const found = await this.#services.store.find(id);
    if (!found) throw notFound("subscription", id);
    return found;
  }

  async #change(before: WebhookSubscription, change: SubscriptionChange, action: string): Promise<WebhookSubscription> {
    const after = await this.#services.store.change(before, change);
    await this.#audit(action, before.id, changesBetween(before, after));
    return this.#services.store.get(before.id);
  }

  /** Users own what they make: naming somebody else would let them see with that person's eyes. */
  async #ownerOf(named: string | undefined): Promise<string> {
    const { actor } = executionContext();
    if (actor.kind === "user") {
      if (named === undefined || named === actor.id) return actor.id;
      throw invalid("ownerId", "A subscription belongs to the user who makes it: leave ownerId out.");
    }
    if (named === undefined) throw invalid("ownerId", "Name the user whose access bounds what is sent.");
    if (await this.#services.users.get(named)) return named;
    throw invalid("ownerId", `There is no user ${named}.`);
  }

  async #audit(action: string, id: string, changes?: Readonly<Record<string, FieldChange>>): Promise<void> {
    const target = { type: "webhook-subscription", id };
    await this.#services.auditor.track([{ action, target, ...(changes ? { changes } : {}) }]);
  }
}

const KEPT = ["version", "updatedAt"];

function changesBetween(
  before: WebhookSubscription,
  after: WebhookSubscription,
): Readonly<Record<string, FieldChange>> {
  const earlier = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).filter(
    ([field, value]) => !KEPT.includes(field) && JSON.stringify(value) !== JSON.stringify(earlier.get(field)),
  );
  return Object.fromEntries(
    changed.map(([field, to]) => [field, { from: earlier.get(field) as Json, to: to as Json }]),
  );
}
