import type { z } from "zod";
import type { JsonObject } from "../infrastructure/json.ts";

/** A kind of fact, with the schema of each version of its payload. The highest version is the current one. */
export interface EventDefinition<T = JsonObject> {
  /** `<entity>.<what happened>`, such as `lead.created`. */
  readonly topic: string;
  readonly version: number;
  readonly versions: Readonly<Record<number, z.ZodType>>;
  readonly schema: z.ZodType<T>;
}

type Current<V extends Readonly<Record<number, z.ZodType>>> = z.output<V[keyof V & number]>;

const TOPIC = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

/** Declares an event: `defineEvent("lead.created", { 1: schema })`. */
export function defineEvent<const V extends Readonly<Record<number, z.ZodType>>>(
  topic: string,
  versions: V,
): EventDefinition<Current<V>> {
  if (!TOPIC.test(topic))
    throw new TypeError(`An event is named "<entity>.<what-happened>" in kebab-case, not "${topic}".`);
  const version = Math.max(...Object.keys(versions).map(Number));
  const schema = versions[version];
  if (!schema) throw new TypeError(`The event ${topic} needs at least the schema of version 1.`);
  return Object.freeze({ topic, version, versions, schema: schema as z.ZodType<Current<V>> });
}
