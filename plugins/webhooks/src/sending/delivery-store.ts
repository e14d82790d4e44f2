import { type WebhookDelivery, type WebhookPayload, webhookAttemptSchema } from "@crmessenger/kernel/extensibility";
import {
  type Collection,
  type Collections,
  type Criteria,
  type Page,
  type PageRequest,
  type StoredEvent,
  defineCollection,
  everything,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

/** A delivery with what sending it takes. */
export interface KeptDelivery extends WebhookDelivery {
  /** Of the event in the log; 0 where there is none. */
  readonly position: number;
  /** What it is about: `<type>/<id>`. */
  readonly entity: string;
  /** The entity within its subscription, where order counts; null when it has ended. */
  readonly chain: string | null;
  /**
   * Where it waits: in the lane of its subscription, or with others until a moment, `<subscription>@<moment>`. Null when
   * it has ended.
   */
  readonly queue: string | null;
  /** Null as long as it could not be made; `event` is what it will be made of. */
  readonly payload: WebhookPayload | null;
  readonly event: StoredEvent | null;
}

const Deliveries = defineCollection<KeptDelivery>("webhooks.deliveries", {
  schema: z.object({
    id: z.string(),
    subscriptionId: z.string(),
    eventId: z.string(),
    topic: z.string(),
    status: z.enum(["pending", "delivered", "exhausted", "dropped"]),
    attempts: z.array(webhookAttemptSchema).readonly(),
    nextAttemptAt: z.string().nullable(),
    createdAt: z.string(),
    position: z.number(),
    entity: z.string(),
    chain: z.string().nullable(),
    queue: z.string().nullable(),
    payload: z
      .object({
        contentType: z.string(),
        body: z.string(),
        headers: z.record(z.string(), z.string()).exactOptional(),
      })
      .nullable(),
    event: z.custom<StoredEvent>((value) => typeof value === "object").nullable(),
  }),
  indexes: ["subscriptionId", "queue", "chain"],
});

const MOST = 500;

/** The delivery log, which is the queue as well. */
export class DeliveryStore {
  readonly #documents: Collection<KeptDelivery>;

  constructor(collections: Collections) {
    this.#documents = collections.open(Deliveries);
  }

  async get(id: string): Promise<KeptDelivery | undefined> {
    return (await this.#documents.get(id))?.value;
  }

  /** Adds those whose ids are new, and answers them. */
  async insertNew(deliveries: readonly KeptDelivery[]): Promise<readonly KeptDelivery[]> {
    const known = new Set((await this.#documents.getMany(deliveries.map(({ id }) => id))).map(({ key }) => key));
    const added = deliveries.filter(({ id }) => !known.has(id));
    await this.put(added);
    return added;
  }

  async put(deliveries: readonly KeptDelivery[]): Promise<void> {
    await this.#documents.putMany(deliveries.map((value) => ({ key: value.id, value })));
  }

  /** Those that wait in a queue, the earliest recorded first. */
  async waiting(queue: string, limit: number = MOST): Promise<readonly KeptDelivery[]> {
    const sort = [{ field: "id", direction: "asc" }] as const;
    return values(await this.#documents.find(where<KeptDelivery>("queue").eq(queue), { limit, sort }));
  }

  /** The first of those about these entities, in the order of their events: of each entity a gapless beginning. */
  async chained(chains: readonly string[]): Promise<readonly KeptDelivery[]> {
    const sort = [
      { field: "position", direction: "asc" },
      { field: "id", direction: "asc" },
    ] as const;
    return values(await this.#documents.find(where<KeptDelivery>("chain").in(chains), { limit: MOST, sort }));
  }

  async find(criteria: Criteria, page: PageRequest = {}): Promise<Page<WebhookDelivery>> {
    const found = await this.#documents.find(criteria, page);
    return { ...found, items: values(found).map(shown) };
  }

  /** The log from its beginning, a page at a time. */
  async oldest(
    after: string | undefined,
  ): Promise<{ readonly items: readonly KeptDelivery[]; readonly next?: string }> {
    const sort = [{ field: "id", direction: "asc" }] as const;
    const found = await this.#documents.find(everything, {
      limit: MOST,
      sort,
      ...(after === undefined ? {} : { after }),
    });
    return { ...found, items: values(found) };
  }

  async delete(id: string): Promise<void> {
    await this.#documents.delete(id);
  }
}

function values(page: Page<{ readonly value: KeptDelivery }>): readonly KeptDelivery[] {
  return page.items.map(({ value }) => value);
}

/** As its contract has it. */
export function shown(delivery: KeptDelivery): WebhookDelivery {
  const { id, subscriptionId, eventId, topic, status, attempts, nextAttemptAt, createdAt } = delivery;
  return { id, subscriptionId, eventId, topic, status, attempts, nextAttemptAt, createdAt };
}
