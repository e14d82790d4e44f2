import { executionContext } from "@crmessenger/kernel";
import type { WebhookSubscription } from "@crmessenger/kernel/extensibility";
import { type Criteria, type CriteriaSubject, fieldOf, matches } from "@crmessenger/kernel/infrastructure";
import type { SubscriptionStore } from "../subscription/subscription-store.ts";

/** A subscription to one topic, with the version that it wants. */
export interface Interest {
  readonly subscription: WebhookSubscription;
  readonly version: number;
}

/** Interests in one topic: those that want one value of one field are found by that value, the rest is looked through. */
interface TopicInterests {
  readonly byField: Map<string, Map<unknown, Interest[]>>;
  readonly others: Interest[];
}

interface Copy {
  readonly revision: string;
  readonly topics: ReadonlyMap<string, ReadonlyMap<number, TopicInterests>>;
}

/** Who wants an event, from a copy in memory that is made anew when a subscription has changed. */
export class SubscriptionIndex {
  readonly #store: SubscriptionStore;
  readonly #byTenant = new Map<string, Copy>();

  constructor(store: SubscriptionStore) {
    this.#store = store;
  }

  /** The interests of the tenant as they are now; one read that finds nothing new costs one small round trip. */
  async current(): Promise<Interests> {
    const { tenantId } = executionContext();
    const revision = await this.#store.revision();
    const known = this.#byTenant.get(tenantId);
    if (known?.revision === revision) return new Interests(known.topics);
    const topics = indexed(await this.#store.all());
    this.#byTenant.set(tenantId, { revision, topics });
    return new Interests(topics);
  }
}

/** What the subscriptions of a tenant want. */
export class Interests {
  readonly #topics: Copy["topics"];

  constructor(topics: Copy["topics"]) {
    this.#topics = topics;
  }

  versions(topic: string): readonly number[] {
    return [...(this.#topics.get(topic)?.keys() ?? [])];
  }

  /** Those whose criteria the payload, in the version asked for, meets. */
  matching(topic: string, version: number, payload: CriteriaSubject): readonly WebhookSubscription[] {
    const interests = this.#topics.get(topic)?.get(version);
    if (!interests) return [];
    const candidates = [...interests.others];
    for (const [field, values] of interests.byField) candidates.push(...(values.get(fieldOf(payload, field)) ?? []));
    return candidates.map(({ subscription }) => subscription).filter(({ criteria }) => matches(criteria, payload));
  }
}

function indexed(subscriptions: readonly WebhookSubscription[]): Copy["topics"] {
  const topics = new Map<string, Map<number, TopicInterests>>();
  for (const subscription of subscriptions) {
    if (subscription.state === "disabled") continue;
    for (const { topic, version } of subscription.topics) add(topics, topic, { subscription, version });
  }
  return topics;
}

function add(topics: Map<string, Map<number, TopicInterests>>, topic: string, interest: Interest): void {
  const versions = getOrMake(topics, topic, () => new Map<number, TopicInterests>());
  const interests = getOrMake(versions, interest.version, () => ({ byField: new Map(), others: [] }));
  const wanted = equalityIn(interest.subscription.criteria);
  if (!wanted) return void interests.others.push(interest);
  const values = getOrMake(interests.byField, wanted.field, () => new Map<unknown, Interest[]>());
  getOrMake(values, wanted.value, () => []).push(interest);
}

/** A condition that criteria can't be met without: that a field equals one value. */
function equalityIn(criteria: Criteria): { readonly field: string; readonly value: unknown } | undefined {
  if (criteria.op === "eq") return criteria;
  if (criteria.op !== "and") return undefined;
  for (const part of criteria.all) {
    const found = equalityIn(part);
    if (found) return found;
  }
  return undefined;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
