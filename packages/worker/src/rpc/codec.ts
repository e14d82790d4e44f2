import { CrmError, contractId, type Contract } from "@crmessenger/kernel";
import type { Standing } from "./caller.ts";
import type { WireError } from "./error-wire.ts";
import {
  type Definition,
  type Definitions,
  type WireDefinition,
  isSchema,
  kindOf,
  schemaFromWire,
  schemaToWire,
} from "./definitions.ts";
import type { Wire } from "./messages.ts";
import type { WireSignal } from "./signals.ts";
import { type StreamSource, streamFrom, streamSource } from "./streams.ts";

/** The other side's functions and objects, and ours for the other side. */
export interface CodecLinks {
  readonly definitions: Definitions;
  export(target: object): number;
  /** A function here that calls the handle there; with a member, that method of it. */
  import(handle: number, methods: readonly string[] | undefined): object;
  /** What an object that came from the other side is there. */
  standingOf(target: object): Standing | undefined;
  exported(standing: Standing): unknown;
  encodeError(error: Error): WireError;
  decodeError(wire: WireError): Error;
  encodeSignal(signal: AbortSignal): WireSignal;
  decodeSignal(wire: WireSignal): AbortSignal;
}

type Marked =
  | { readonly $: "function"; readonly id: number }
  | { readonly $: "object"; readonly id: number; readonly methods: readonly string[]; readonly data: Wire }
  | { readonly $: "own"; readonly standing: Standing }
  | { readonly $: "definition"; readonly definition: WireDefinition }
  | { readonly $: "schema"; readonly schema: unknown }
  | { readonly $: "error"; readonly error: WireError }
  | { readonly $: "stream"; readonly id: number }
  | { readonly $: "signal"; readonly signal: WireSignal }
  | { readonly $: "query"; readonly text: string }
  | { readonly $: "contract"; readonly key: string }
  | { readonly $: "plain"; readonly value: Readonly<Record<string, Wire>> };

const MAX_DEPTH = 64;

/** Puts values on the port and takes them off: plain data as it is, everything else as a marked object. */
export class Codec {
  readonly #links: CodecLinks;

  constructor(links: CodecLinks) {
    this.#links = links;
  }

  encode(value: unknown, depth = 0): Wire {
    if (typeof value === "symbol") return encodeContract(value);
    if (typeof value === "function") return this.#encodeFunction(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth > MAX_DEPTH) throw uncloneable("it nests too deep, or contains itself");
    const next = (part: unknown) => this.encode(part, depth + 1);
    if (Array.isArray(value)) return value.map(next);
    return encodeBuiltIn(value, next) ?? this.#encodeObject(value, next);
  }

  #encodeFunction(value: object): Marked {
    const standing = this.#links.standingOf(value);
    return standing ? { $: "own", standing } : { $: "function", id: this.#links.export(value) };
  }

  #encodeObject(value: object, next: (part: unknown) => Wire): Wire {
    const { definitions } = this.#links;
    const standing = this.#links.standingOf(value);
    if (standing) return { $: "own", standing } satisfies Marked;
    if (value instanceof Error) return { $: "error", error: this.#links.encodeError(value) } satisfies Marked;
    if (value instanceof ReadableStream)
      return { $: "stream", id: this.#links.export(streamSource(value)) } satisfies Marked;
    if (value instanceof AbortSignal) return { $: "signal", signal: this.#links.encodeSignal(value) } satisfies Marked;
    if (isSchema(value)) return { $: "schema", schema: schemaToWire(value) } satisfies Marked;
    const kind = kindOf(value);
    if (kind) return { $: "definition", definition: definitions.encode(kind, value as Definition) } satisfies Marked;
    const { data, methods } = partsOf(value);
    const plain = Object.fromEntries(Object.entries(data).map(([name, part]) => [name, next(part)]));
    if (methods.length > 0)
      return { $: "object", id: this.#links.export(value), methods, data: plain } satisfies Marked;
    return "$" in plain ? ({ $: "plain", value: plain } satisfies Marked) : plain;
  }

  decode(wire: Wire): unknown {
    if (typeof wire !== "object" || wire === null) return wire;
    if (Array.isArray(wire)) return wire.map((part) => this.decode(part));
    if (wire instanceof Map) return new Map([...wire].map(([key, part]) => [this.decode(key), this.decode(part)]));
    if (wire instanceof Set) return new Set([...wire].map((part) => this.decode(part)));
    const prototype: unknown = Object.getPrototypeOf(wire);
    if (prototype !== Object.prototype && prototype !== null) return wire;
    return "$" in wire ? this.#decodeMarked(wire as Marked) : this.#decodePlain(wire);
  }

  #decodePlain(wire: object): Readonly<Record<string, unknown>> {
    const plain: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(wire)) plain[name] = this.decode(part);
    return plain;
  }

  #decodeMarked(wire: Marked): unknown {
    const links = this.#links;
    switch (wire.$) {
      case "function":
        return links.import(wire.id, undefined);
      case "object":
        return Object.assign(links.import(wire.id, wire.methods), this.decode(wire.data));
      case "own":
        return links.exported(wire.standing);
      case "definition":
        return links.definitions.decode(wire.definition);
      case "schema":
        return schemaFromWire(wire.schema);
      case "error":
        return links.decodeError(wire.error);
      case "signal":
        return links.decodeSignal(wire.signal);
      case "stream":
        return streamFrom(links.import(wire.id, ["pull", "cancel"]) as StreamSource);
      case "query":
        return new URLSearchParams(wire.text);
      case "contract":
        return Symbol.for(wire.key);
      case "plain":
        return this.#decodePlain(wire.value);
      default:
        throw uncloneable("it is marked in a way that nobody knows");
    }
  }
}

/** What the structured clone carries, made ready for it; undefined for everything else. */
function encodeBuiltIn(value: object, next: (part: unknown) => Wire): Wire {
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [next(key), next(part)]));
  if (value instanceof Set) return new Set([...value].map(next));
  if (value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer) return value;
  if (value instanceof URLSearchParams) return { $: "query", text: value.toString() } satisfies Marked;
  if (value instanceof URL) return value.href;
  return undefined;
}

const CONTRACT = "crmessenger:";

function encodeContract(value: symbol): Marked {
  const key = Symbol.keyFor(value);
  if (key?.startsWith(CONTRACT)) return { $: "contract", key: `${CONTRACT}${contractId(value as Contract<unknown>)}` };
  throw uncloneable(`${String(value)} is no contract`);
}

/** The data and the methods of an object, its class's included. */
function partsOf(value: object): { data: Readonly<Record<string, unknown>>; methods: readonly string[] } {
  const data: Record<string, unknown> = {};
  const methods = new Set<string>();
  const isInstance = Object.getPrototypeOf(value) !== Object.prototype;
  const add = (name: string, part: unknown) => {
    if (typeof part === "function") methods.add(name);
    else if (!isInstance || isData(part)) data[name] = part;
  };
  for (const [name, part] of Object.entries(value)) add(name, part);
  for (const name of classMembersOf(value))
    if (!(name in data) && !methods.has(name)) add(name, (value as Readonly<Record<string, unknown>>)[name]);
  return { data, methods: [...methods] };
}

/** What an instance of a class keeps for itself, such as a connection, stays where it is. */
function isData(part: unknown): boolean {
  if (typeof part !== "object" || part === null || Array.isArray(part) || part instanceof AbortSignal) return true;
  const prototype: unknown = Object.getPrototypeOf(part);
  return prototype === Object.prototype || prototype === null || part instanceof Uint8Array;
}

function classMembersOf(value: object): string[] {
  const names: string[] = [];
  let prototype: unknown = Object.getPrototypeOf(value);
  while (typeof prototype === "object" && prototype !== null && prototype !== Object.prototype) {
    names.push(...Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor"));
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

function uncloneable(why: string): CrmError {
  return new CrmError(
    "CRM_WORKER_CLONE",
    `A value can't go to another thread: ${why}. Hand over plain data, functions, signals, streams or definitions.`,
  );
}
