import type { EventCatalogue } from "../bus/event-catalogue.ts";
import { type EventDefinition, eventInVersion } from "../bus/event-definition.ts";
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

/**
 * Collects what a plugin subscribes to and makes durable subscriptions of it. Events reach the plugin in the version
 * that it subscribed to, whatever version the log holds them in.
 */
export class SubscriptionCollector implements EventSubscriptions {
  readonly #drafts: Draft[] = [];
  readonly #plugin: PluginIdentity;
  readonly #catalogue: EventCatalogue | undefined;

  /** Without a catalogue nothing is known of events but what the plugin's own definitions say. */
  constructor(plugin: PluginIdentity, catalogue?: EventCatalogue) {
    this.#plugin = plugin;
    this.#catalogue = catalogue;
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
    this.#requireVersion(event);
    draft.handlers.set(event.topic, { definition: event as unknown as EventDefinition, run });
    return this;
  }

  /** A plugin that is ahead of the application, or that is left behind by it, is refused at boot. */
  #requireVersion({ topic, version }: EventDefinition<never>): void {
    const known = this.#catalogue?.definition(topic);
    if (!known || (version >= known.oldest && version <= known.latest)) return;
    const what =
      version > known.latest
        ? `records it in version ${known.latest}: update the plugin that records it`
        : `knows it from version ${known.oldest} on: update "${this.#plugin.id}"`;
    throw new CrmError(
      "CRM_EVENT_VERSION",
      `Plugin "${this.#plugin.id}" was written for version ${version} of ${topic}, and this application ${what}.`,
      { details: { plugin: this.#plugin.id, topic, version, oldest: known.oldest, latest: known.latest } },
    );
  }

  build(): readonly DurableSubscription[] {
    return this.#drafts.filter((draft) => draft.handlers.size > 0).map((draft) => this.#durable(draft));
  }

  #durable({ options, handlers }: Draft): DurableSubscription {
    const plugin = this.#plugin;
    const catalogue = this.#catalogue;
    return {
      name: `${plugin.id}.${options.name ?? "main"}`,
      topics: [...handlers.keys()],
      ...(options.from === undefined ? {} : { from: options.from }),
      ...(options.maxAttempts === undefined ? {} : { maxAttempts: options.maxAttempts }),
      async handle(events) {
        for (const event of events) {
          const handler = handlers.get(event.topic);
          if (!handler) continue;
          const { definition, run } = handler;
          await deliver(plugin, inVersionOf(plugin, event, definition, catalogue?.definition(event.topic)), run);
        }
      },
    };
  }
}

/** Of the subscriber's definition and the application's, the one that knows more versions converts. */
function inVersionOf(
  plugin: PluginIdentity,
  event: StoredEvent,
  definition: EventDefinition,
  known: EventDefinition<unknown> | undefined,
): StoredEvent {
  const { topic, version } = definition;
  if (event.version === version) return event;
  const richer = known && known.latest > definition.latest ? known : definition;
  if (richer.versions[event.version]) return eventInVersion(richer, event, version);
  throw new CrmError(
    "CRM_EVENT_VERSION",
    `Plugin "${plugin.id}" was written for version ${version} of ${topic}, and position ${event.position} holds version ${event.version}, which nothing here can convert. Update the plugin that records ${topic}.`,
    { details: { plugin: plugin.id, topic, version: event.version } },
  );
}

/** Runs the handler as its plugin, in the tenant and correlation of the event that caused it. */
function deliver(plugin: PluginIdentity, event: StoredEvent, run: Run): Promise<void> {
  const context = {
    ...executionContext(),
    tenantId: event.tenantId,
    actor: { kind: "plugin" as const, id: plugin.id },
    subject: pluginSubject(plugin, event.tenantId),
    correlationId: event.correlationId,
    causationId: event.id,
  };
  return runWithContext(context, () => run(event as unknown as DeliveredEvent<never>));
}
