import type { PayloadGenerators, WebhookPayload, WebhookSubscription } from "@crmessenger/kernel/extensibility";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { thinPayload } from "./payload-generators.ts";

/** What goes over the wire at most, in bytes; an event that takes more is told of by its ids. */
const MOST_BYTES = 262_144;

/** What subscriptions get of events. */
export class Payloads {
  readonly #generators: PayloadGenerators;

  constructor(generators: PayloadGenerators) {
    this.#generators = generators;
  }

  /** Of an event in the subscription's version. Rejects as the generator does, or when nobody brings it any more. */
  async of(event: StoredEvent, subscription: WebhookSubscription): Promise<WebhookPayload> {
    const payload = await this.#generators.get(subscription.payload).generate(event, subscription);
    return Buffer.byteLength(payload.body) > MOST_BYTES ? thinPayload.generate(event, subscription) : payload;
  }
}
