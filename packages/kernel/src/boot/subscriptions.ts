import type { EventDefinition } from "../bus/event-definition.ts";
import { runWithContext } from "../context/execution-context.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { DurableSubscription, StoredEvent } from "../infrastructure/event-log.ts";
import type { DeliveredEvent, EventSubscriptions, SubscribeOptions } from "../plugin/plugin.ts";
import { executionContext } from "../context/execution-context.ts";
import { type PluginIdentity, pluginSubject } from "./plugin-identity.ts";

type Run = (event: DeliveredEvent<never>) => Promise<void>;

interface Draft {
  readonly options: SubscribeOptions;
  readonly handlers: Map<string, { definition: EventDefinition; run: Run }>;
}

/** Collects what a plugin subscribes to and makes durable subscriptions of it. */
export class SubscriptionCollector implements EventSubscriptions {
  readonly #drafts: Draft[] = [];
  readonly #plugin: PluginIdentity;

  constructor(plugin: PluginIdentity) {
    this.#plugin = plugin;
  }

  subscription(options: SubscribeOptions): EventSubscriptions {
    this.#drafts.push({ options, handlers: new Map() });
    return this;
  }

  on(event: EventDefinition<never>, run: Run): EventSubscriptions {
    if (this.#drafts.length === 0) this.subscription({});
    const draft = this.#drafts.at(-1) as Draft;
    if (draft.handlers.has(event.topic)) {
      throw new CrmError(
        "CRM_EVENT_DUPLICATE_HANDLER",
        `Plugin "${this.#plugin.id}" handles ${event.topic} twice in one subscription. Give the second a subscription of its own.`,
      );
    }
    draft.handlers.set(event.topic, { definition: event as unknown as EventDefinition, run });
    return this;
  }

  build(): readonly DurableSubscription[] {
    return this.#drafts.filter((draft) => draft.handlers.size > 0).map((draft) => this.#durable(draft));
  }

  #durable({ options, handlers }: Draft): DurableSubscription {
    const plugin = this.#plugin;
    return {
      name: `${plugin.id}.${options.name ?? "main"}`,
      topics: [...handlers.keys()],
      ...(options.from === undefined ? {} : { from: options.from }),
      ...(options.maxAttempts === undefined ? {} : { maxAttempts: options.maxAttempts }),
      async handle(events) {
        for (const event of events) {
          const handler = handlers.get(event.topic);
          if (handler) await deliver(plugin, event, handler);
        }
      },
    };
  }
}

/** Runs the handler as its plugin, in the tenant and correlation of the event that caused it. */
function deliver(
  plugin: PluginIdentity,
  event: StoredEvent,
  handler: { definition: EventDefinition; run: Run },
): Promise<void> {
  if (event.version !== handler.definition.version) {
    throw new CrmError(
      "CRM_EVENT_VERSION",
      `Plugin "${plugin.id}" was written for version ${handler.definition.version} of ${event.topic}, and position ${event.position} holds version ${event.version}.`,
      {
        details: { plugin: plugin.id, topic: event.topic, version: event.version },
      },
    );
  }
  const context = {
    ...executionContext(),
    tenantId: event.tenantId,
    actor: { kind: "plugin" as const, id: plugin.id },
    subject: pluginSubject(plugin, event.tenantId),
    correlationId: event.correlationId,
    causationId: event.id,
  };
  return runWithContext(context, () => handler.run(event as unknown as DeliveredEvent<never>));
}
