import type { DeliveredEvent, EventDefinition, EventSubscriptions, SubscribeOptions } from "@crmessenger/kernel";
import type { SubscriptionEntry } from "./manifest.ts";

type Handlers = { readonly event: EventDefinition<unknown>; readonly run: (event: never) => unknown }[];

/** Takes down what a plugin subscribes to. */
export class SubscriptionList implements EventSubscriptions {
  readonly #entries: { readonly options: SubscribeOptions; readonly handlers: Handlers }[] = [];

  get entries(): readonly SubscriptionEntry[] {
    return this.#entries;
  }

  subscription(options: SubscribeOptions): this {
    this.#entries.push({ options, handlers: [] });
    return this;
  }

  on<T>(event: EventDefinition<T>, run: (event: DeliveredEvent<T>) => Promise<void>): this {
    if (this.#entries.length === 0) this.subscription({});
    this.#entries.at(-1)?.handlers.push({ event, run });
    return this;
  }
}
