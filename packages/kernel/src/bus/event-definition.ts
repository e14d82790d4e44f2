import type { z } from "zod";
import type { JsonObject } from "../infrastructure/json.ts";
import {
  type CurrentOf,
  type StepsOf,
  type ValueOf,
  type Versioned,
  type VersionOf,
  type Versions,
  convert,
  schemaAt,
  unknownVersion,
  versionsOf,
} from "./shape.ts";

/**
 * A kind of fact in one version of its payload: the current one as `defineEvent` makes it, another one through
 * `at`. Who holds it in a version records, gets and is sent its payload in that version.
 */
export interface EventDefinition<T = JsonObject, Topic extends string = string> extends Versioned {
  /** `<entity>.<what happens>`, such as `lead.created`. */
  readonly topic: Topic;
  readonly version: number;
  readonly schema: z.ZodType<T>;
}

/** An event in its current version, with the way to the others. */
export interface VersionedEvent<V extends Versions, Topic extends string = string> extends EventDefinition<
  ValueOf<V, CurrentOf<V>>,
  Topic
> {
  /** The event in the version that a subscriber was written for; one that this application lacks is `CRM_EVENT_VERSION`. */
  at<N extends VersionOf<V>>(version: N): EventDefinition<ValueOf<V, N>, Topic>;
}

const TOPIC = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

/**
 * Declares an event with the schema of each version of its payload, and the steps between them:
 * `defineEvent("lead.created", { 1: old, 2: current }, { 1: step })`. The highest version is the current one.
 */
export function defineEvent<const V extends Versions, const Topic extends string>(
  topic: Topic,
  versions: V,
  ...[steps]: StepsOf<V>
): VersionedEvent<V, Topic> {
  if (!TOPIC.test(topic))
    throw new TypeError(`An event is named "<entity>.<what-happened>" in kebab-case, not "${topic}".`);
  const versioned = versionsOf(topic, versions, steps);
  const at = (version: number): EventDefinition<unknown> =>
    Object.freeze({ ...versioned, topic, version, schema: schemaAt(versioned, version, "CRM_EVENT_VERSION") });
  return Object.freeze({ ...at(versioned.latest), at }) as unknown as VersionedEvent<V, Topic>;
}

interface EventRecord {
  readonly version: number;
  readonly payload: JsonObject;
}

/** An event of the log with its payload in another version; a version that is not known is `CRM_EVENT_VERSION`. */
export function eventInVersion<E extends EventRecord>(definition: Versioned, event: E, version: number): E {
  if (event.version === version) return event;
  for (const needed of [version, event.version]) {
    if (!definition.versions[needed]) throw unknownVersion(definition, needed, "CRM_EVENT_VERSION");
  }
  return { ...event, version, payload: convert(definition, event.payload, event.version, version) as JsonObject };
}
