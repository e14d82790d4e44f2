import { type EventDefinition, type Operation, defineCommand, defineQuery, operationAt } from "@crmessenger/kernel";
import {
  type CollectionDefinition,
  type JobDefinition,
  defineCollection,
  defineJob,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

export type Definition = Operation | EventDefinition<unknown> | JobDefinition<never> | CollectionDefinition<never>;
export type DefinitionKind = "operation" | "event" | "job" | "collection";

/** A definition on the port: its name, and its schemas where the other side does not know it by name. */
export interface WireDefinition {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly version: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly schemas?: Readonly<Record<string, unknown>>;
}

/** Which kind of definition it is, if it is one. */
export function kindOf(value: object): DefinitionKind | undefined {
  const { kind, name, topic, input, data, schema, unique, versions } = value as Readonly<Record<string, unknown>>;
  if ((kind === "command" || kind === "query") && typeof name === "string" && isSchema(input)) return "operation";
  if (typeof topic === "string" && isSchema(schema) && typeof versions === "object") return "event";
  if (typeof name === "string" && isSchema(data)) return "job";
  if (typeof name === "string" && isSchema(schema) && typeof unique === "object") return "collection";
  return undefined;
}

export function isSchema(value: unknown): value is z.ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/** A schema as plain data. Refinements and transforms are lost: the side that has the definition checks them. */
export function schemaToWire(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

export function schemaFromWire(wire: unknown): z.ZodType {
  return wire === undefined ? z.unknown() : z.fromJSONSchema(wire as Parameters<typeof z.fromJSONSchema>[0]);
}

const DEPTH = 2;

/** The definitions that this side knows by name: those that its modules export. */
export class Definitions {
  readonly #known = new Map<string, Definition>();
  readonly #wires = new WeakMap<object, WireDefinition>();
  #elsewhere: (name: string) => Operation | undefined = () => undefined;
  #knownThere: ReadonlySet<string> | undefined;

  constructor(modules: readonly object[]) {
    for (const module of modules) this.add(module);
  }

  /** What a module exports is known from now on. */
  add(module: object): void {
    this.#collect(module, DEPTH);
  }

  /** Where to look for operations that no module exports. */
  lookElsewhere(find: (name: string) => Operation | undefined): void {
    this.#elsewhere = find;
  }

  /** What the other side knows by name; unless this is said, no schema is sent. */
  sendSchemasExceptOf(names: readonly string[]): void {
    this.#knownThere = new Set(names);
  }

  /** The keys of everything known. */
  names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Whether a definition is the one that this side knows by its name. */
  knows(kind: DefinitionKind, name: string): boolean {
    return this.#known.has(`${kind} ${name}`);
  }

  encode(kind: DefinitionKind, definition: Definition): WireDefinition {
    const known = this.#wires.get(definition);
    if (known) return known;
    const wire = this.#describe(kind, definition);
    this.#wires.set(definition, wire);
    return wire;
  }

  decode(wire: WireDefinition): Definition {
    const { kind, name, version } = wire;
    const known = this.#known.get(`${kind} ${name}`) ?? (kind === "operation" ? this.#elsewhere(name) : undefined);
    if (!known) return rebuild(wire);
    if (kind === "operation") return operationAt(known as Operation, version);
    if (kind === "event") return inVersion(known as EventDefinition<unknown>, version);
    return known;
  }

  #describe(kind: DefinitionKind, definition: Definition): WireDefinition {
    const name = nameOf(definition);
    const { version = 1 } = definition as { version?: number };
    const entries = Object.entries(definition);
    const fields = Object.fromEntries(entries.filter(([key, value]) => isPlainField(key, value)));
    if (!this.#knownThere || this.#knownThere.has(`${kind} ${name}`)) return { kind, name, version, fields };
    const schemas = entries.flatMap(([key, value]) => (isSchema(value) ? [[key, schemaToWire(value)] as const] : []));
    return { kind, name, version, fields, schemas: Object.fromEntries(schemas) };
  }

  #collect(holder: object, depth: number): void {
    for (const value of Object.values(holder)) {
      if (typeof value !== "object" || value === null || isSchema(value)) continue;
      const kind = kindOf(value as object);
      if (kind) this.#add(kind, value as Definition);
      else if (depth > 0 && Object.getPrototypeOf(value) === Object.prototype) this.#collect(value, depth - 1);
    }
  }

  /** Of two versions of one thing the later is the one that knows the way to the other. */
  #add(kind: DefinitionKind, definition: Definition): void {
    const key = `${kind} ${nameOf(definition)}`;
    const other = this.#known.get(key) as { version?: number } | undefined;
    const { version = 1 } = definition as { version?: number };
    if (!other || (other.version ?? 1) < version) this.#known.set(key, definition);
  }
}

function nameOf(definition: Definition): string {
  return "topic" in definition ? definition.topic : definition.name;
}

/** Earlier versions and the steps between versions are functions over schemas: they stay where they are. */
const LEFT_BEHIND: readonly string[] = ["at", "earlier", "steps", "versions"];

function isPlainField(key: string, value: unknown): boolean {
  return !LEFT_BEHIND.includes(key) && !isSchema(value) && typeof value !== "function";
}

function inVersion(event: EventDefinition<unknown>, version: number): EventDefinition<unknown> {
  if (event.version === version) return event;
  return (event as EventDefinition<unknown> & { at(version: number): EventDefinition<unknown> }).at(version);
}

/** A definition that nobody here exports, from what the other side tells of it. */
function rebuild({ kind, name, version, fields, schemas = {} }: WireDefinition): Definition {
  const schema = (key: string) => schemaFromWire(schemas[key]);
  switch (kind) {
    case "operation": {
      const parts = { description: name, permission: null, http: null, ...fields, name, input: schema("input") };
      const define = fields["kind"] === "query" ? defineQuery : defineCommand;
      const { version: _, ...defined } = { ...parts, output: schema("output"), version: 1 };
      return Object.freeze({ ...define(defined), version }) as unknown as Operation;
    }
    case "event": {
      const only = schema("schema");
      const versioned = { name, versions: { [version]: only }, steps: {}, oldest: version, latest: version };
      return Object.freeze({ ...versioned, topic: name, version, schema: only });
    }
    case "job":
      return defineJob(name, { ...fields, data: schema("data") }) as unknown as JobDefinition<never>;
    case "collection":
      return defineCollection(name, {
        ...fields,
        schema: schema("schema") as z.ZodType<object>,
      }) as unknown as CollectionDefinition<never>;
  }
}
