import { contract } from "../contract.ts";
import type { EventDefinition } from "./event-definition.ts";

/**
 * The events that the plugins of this application declare, with every version that any of them knows.
 */
export interface EventCatalogue {
  /** The definition that knows the latest version; undefined for a topic that no plugin declares. */
  definition(topic: string): EventDefinition<unknown> | undefined;
  all(): readonly EventDefinition<unknown>[];
}

export const EventCatalogue = contract<EventCatalogue>("infrastructure.event-catalogue", 1, {
  definition: "wait",
  all: "wait",
});

/** The catalogue as a kernel fills it. What was declared once stays: the log may hold events of plugins that are gone. */
export class EventDefinitions implements EventCatalogue {
  readonly #byTopic = new Map<string, EventDefinition<unknown>>();

  constructor(definitions: readonly EventDefinition<unknown>[] = []) {
    this.declare(definitions);
  }

  /** Of two definitions of a topic, as two installed versions of a package bring them, the one that knows more stays. */
  declare(definitions: readonly EventDefinition<unknown>[]): void {
    for (const definition of definitions) {
      const known = this.#byTopic.get(definition.topic);
      if (!known || known.latest < definition.latest) this.#byTopic.set(definition.topic, definition);
    }
  }

  definition(topic: string): EventDefinition<unknown> | undefined {
    return this.#byTopic.get(topic);
  }

  all(): readonly EventDefinition<unknown>[] {
    return [...this.#byTopic.values()];
  }
}
