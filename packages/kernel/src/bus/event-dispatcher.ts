import { contract } from "../contract.ts";
import { executionContext } from "../context/execution-context.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { AggregateRef, EventLog, NewEvent } from "../infrastructure/event-log.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { JsonObject } from "../infrastructure/json.ts";
import type { EventCatalogue } from "./event-catalogue.ts";
import type { EventDefinition } from "./event-definition.ts";
import { convert } from "./shape.ts";

/** Records facts, always in the current version of their event; who holds an event `.at` an older one gives that. */
export interface EventDispatcher {
  /**
   * Adds the event to the current unit of work; subscribers get it after the commit. Outside a unit of work it is
   * `CRM_UOW_REQUIRED`; a payload that does not fit the event's version is `CRM_EVENT_INVALID`.
   */
  dispatch<T>(event: EventDefinition<T>, aggregate: AggregateRef, payload: T): Promise<void>;
  /** The envelope of an event, for storages that write many at once. */
  envelope<T>(event: EventDefinition<T>, aggregate: AggregateRef, payload: T): NewEvent;
}

export const EventDispatcher = contract<EventDispatcher>("infrastructure.event-dispatcher", 1, { envelope: "wait" });

export interface EventDispatcherServices {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: () => EventLog;
  /** Knows events better than the copies that plugins may hold of them. */
  readonly catalogue?: EventCatalogue;
}

export function createEventDispatcher(services: EventDispatcherServices): EventDispatcher {
  const envelope: EventDispatcher["envelope"] = (event, aggregate, payload) => {
    const known = services.catalogue?.definition(event.topic);
    const current = known && known.latest > event.latest ? known : event;
    const { tenantId, actor, correlationId, causationId } = executionContext();
    return {
      id: services.ids.next(),
      topic: event.topic,
      version: current.latest,
      aggregate,
      payload: convert(current, payload, event.version, current.latest) as JsonObject,
      tenantId,
      actor,
      correlationId,
      causationId,
      occurredAt: new Date(services.clock.now()).toISOString(),
    };
  };
  return {
    envelope,
    async dispatch(event, aggregate, payload) {
      const checked = event.schema.safeParse(payload);
      if (!checked.success) {
        throw new CrmError(
          "CRM_EVENT_INVALID",
          `The payload of ${event.topic} does not fit its version ${event.version}: ${checked.error.issues[0]?.message ?? ""}`,
          {
            details: {
              topic: event.topic,
              version: event.version,
              issues: checked.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
            },
          },
        );
      }
      await services.log().append([envelope(event, aggregate, payload)]);
    },
  };
}
