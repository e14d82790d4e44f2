import { type EventDefinition, eventInVersion } from "@crmessenger/kernel";
import type { EventCatalogue, StoredEvent } from "@crmessenger/kernel/infrastructure";
import { badRequest } from "../problem/http-problems.ts";

/** In which version a reader gets each event. */
export class EventVersions {
  readonly #catalogue: EventCatalogue;
  readonly #chosen: ReadonlyMap<string, number>;
  readonly #apiVersion: number;

  /** `chosen` names versions of single topics; the others come in the version of the API, or the nearest they have. */
  constructor(catalogue: EventCatalogue, apiVersion: number, chosen: ReadonlyMap<string, number> = new Map()) {
    this.#catalogue = catalogue;
    this.#apiVersion = apiVersion;
    this.#chosen = chosen;
  }

  /** As permissions judge it: they name the fields of today. */
  current(event: StoredEvent): StoredEvent {
    const definition = this.#catalogue.definition(event.topic);
    return definition ? eventInVersion(definition, event, definition.latest) : event;
  }

  /** As the reader gets it; `CRM_EVENT_VERSION` when a newer application wrote it. */
  forReader(event: StoredEvent): StoredEvent {
    const definition = this.#catalogue.definition(event.topic);
    if (!definition) return event;
    return eventInVersion(definition, event, this.#chosen.get(event.topic) ?? this.#nearest(definition));
  }

  #nearest({ oldest, latest }: EventDefinition<unknown>): number {
    return Math.max(oldest, Math.min(latest, this.#apiVersion));
  }
}

const CHOICE = /^([a-z0-9.-]+)@(\d{1,4})$/;

/** Reads `lead.created@1,lead.updated@2`. */
export function readVersions(text: string | null, catalogue: EventCatalogue): ReadonlyMap<string, number> {
  if (text === null || text === "") return new Map();
  return new Map(text.split(",").map((choice) => readChoice(choice, catalogue)));
}

function readChoice(choice: string, catalogue: EventCatalogue): readonly [string, number] {
  const [, topic = "", digits = ""] = CHOICE.exec(choice) ?? [];
  const definition = catalogue.definition(topic);
  const version = Number(digits);
  if (!definition) {
    throw badRequest(
      `The field "versions" takes events with a version, joined by commas, such as lead.created@1; "${choice}" is none of this application.`,
    );
  }
  if (definition.versions[version]) return [topic, version];
  const known = Object.keys(definition.versions).join(", ");
  throw badRequest(`There is no version ${version} of ${topic}: this application has ${known}.`);
}
