import type { z } from "zod";
import { CrmError } from "../errors/crm-error.ts";
import type { Json } from "../infrastructure/json.ts";
import type { NextVersion } from "./shape.ts";

/** Where the HTTP API offers an operation. Path parameters (`:id`) and query fields are fields of the input. */
export interface HttpBinding {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, such as `/leads/:id`. */
  readonly path: string;
  /** Of a successful answer. Default 200. */
  readonly status?: number;
}

/** What an operation looked like in an earlier version. */
interface EarlierSchemas {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Where it was offered; by default where it is offered now. */
  readonly http?: HttpBinding | null;
}

/** An earlier version of an operation, and how its callers are served by the next one. */
export interface EarlierVersion extends EarlierSchemas {
  /** Its input as the next version takes it. */
  readonly up: (input: never) => unknown;
  /** The answer of the next version as this one gives it. */
  readonly down: (output: never) => unknown;
  /** The way back, for answers that were kept under an idempotency key before there was a next version. */
  readonly restore?: (output: never) => unknown;
}

interface OperationDefinition<I, O> {
  /** `<area>.<entity>.<verb>`, such as `sales.lead.create`. */
  readonly name: string;
  readonly version: number;
  /** One sentence for API readers. */
  readonly description: string;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  /** The permission the caller needs; null for what everybody may do. */
  readonly permission: string | null;
  /** Null for what only code inside the application may call. */
  readonly http: HttpBinding | null;
  /** Fields of its input and of its answer that plugins around it see as `[hidden]`, such as `password`. */
  readonly secrets: readonly string[];
  /** The versions before this one that are still served. */
  readonly earlier: Readonly<Record<number, EarlierVersion>>;
}

/** Something to be done. A pure contract: any plugin or client can hold it without the code that does it. */
export interface Command<I = Json, O = Json> extends OperationDefinition<I, O> {
  readonly kind: "command";
}

/** Something to be asked. It changes nothing. */
export interface Query<I = Json, O = Json> extends OperationDefinition<I, O> {
  readonly kind: "query";
}

export type Operation = Command | Query;

/** An operation of whatever input and output. */
export type AnyOperation = Command<unknown, unknown> | Query<unknown, unknown>;

type EarlierOperations = Readonly<Record<number, EarlierSchemas>>;

type InputOf<E extends EarlierOperations, N extends PropertyKey, Last> = N extends keyof E
  ? E[N] extends EarlierSchemas
    ? z.output<E[N]["input"]>
    : never
  : Last;
type OutputOf<E extends EarlierOperations, N extends PropertyKey, Last> = N extends keyof E
  ? E[N] extends EarlierSchemas
    ? z.output<E[N]["output"]>
    : never
  : Last;
type After<N> = N extends keyof NextVersion ? NextVersion[N] : never;

/** Each earlier version with the way to the one after it, which is the current one in the end. */
type Converters<E extends EarlierOperations, I, O> = number extends keyof E
  ? unknown
  : {
      readonly [N in keyof E]: {
        readonly up: (input: InputOf<E, N, never>) => InputOf<E, After<N>, I>;
        readonly down: (output: OutputOf<E, After<N>, O>) => OutputOf<E, N, never>;
        readonly restore?: (output: OutputOf<E, N, never>) => OutputOf<E, After<N>, O>;
      };
    };

type Definition<I, O, E extends EarlierOperations, V extends number> = Omit<
  OperationDefinition<I, O>,
  "version" | "http" | "earlier" | "secrets"
> & {
  /** Default 1. */
  readonly version?: V;
  readonly http?: HttpBinding | null;
  /** Default none. */
  readonly secrets?: readonly string[];
  readonly earlier?: E & Converters<E, I, O>;
};

/** A command in its current version, with the way to the others. */
export interface VersionedCommand<I, O, E extends EarlierOperations, V extends number> extends Command<I, O> {
  /** The command as callers of that version know it; one that is not served is `CRM_BUS_VERSION`. */
  at<N extends (keyof E & number) | V>(version: N): Command<InputOf<E, N, I>, OutputOf<E, N, O>>;
}

/** A query in its current version, with the way to the others. */
export interface VersionedQuery<I, O, E extends EarlierOperations, V extends number> extends Query<I, O> {
  /** The query as callers of that version know it; one that is not served is `CRM_BUS_VERSION`. */
  at<N extends (keyof E & number) | V>(version: N): Query<InputOf<E, N, I>, OutputOf<E, N, O>>;
}

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){1,3}$/;

function define<I, O, E extends EarlierOperations, V extends number>(
  kind: "command" | "query",
  definition: Definition<I, O, E, V>,
) {
  const { name, version = 1 } = definition;
  if (!NAME.test(name))
    throw new TypeError(`An operation is named "<area>.<entity>.<verb>" in kebab-case, not "${name}".`);
  const http =
    definition.http === undefined
      ? ({ method: "POST", path: `/${kind === "command" ? "commands" : "queries"}/${name}` } as const)
      : definition.http;
  const earlier = (definition.earlier ?? {}) as unknown as Operation["earlier"];
  requireEveryVersion(name, version, earlier);
  const secrets = definition.secrets ?? [];
  const operation = { ...definition, version, http, secrets, kind, earlier } as unknown as Operation;
  return Object.freeze({ ...operation, at: (asked: number) => operationAt(operation, asked) });
}

function requireEveryVersion(name: string, version: number, earlier: Operation["earlier"]): void {
  const numbers = Object.keys(earlier).map(Number);
  const first = Math.min(version, ...numbers);
  const expected = Array.from({ length: version - first }, (_, index) => first + index);
  const missing = expected.find((number) => !earlier[number]);
  if (missing !== undefined)
    throw new TypeError(`${name} is in version ${version} and needs version ${missing} in \`earlier\`.`);
  const odd = numbers.find((number) => !expected.includes(number) || number < 1);
  if (odd !== undefined) throw new TypeError(`${name} is in version ${version}; ${odd} can't be an earlier one.`);
}

/** Declares a command. With `version` 2 or higher, `earlier` holds what it was before, so that callers go on. */
export function defineCommand<I, O, const E extends EarlierOperations = {}, const V extends number = 1>(
  definition: Definition<I, O, E, V>,
): VersionedCommand<I, O, E, V> {
  return define("command", definition) as unknown as VersionedCommand<I, O, E, V>;
}

/** Declares a query. As `defineCommand`. */
export function defineQuery<I, O, const E extends EarlierOperations = {}, const V extends number = 1>(
  definition: Definition<I, O, E, V>,
): VersionedQuery<I, O, E, V> {
  return define("query", definition) as unknown as VersionedQuery<I, O, E, V>;
}

/** The versions that an operation is served in, the lowest first. */
export function operationVersions({ version, earlier }: Operation): readonly number[] {
  return [...Object.keys(earlier).map(Number), version].toSorted((a, b) => a - b);
}

/** The contract of an operation in one of its versions; one that is not served is `CRM_BUS_VERSION` (501). */
export function operationAt(operation: Operation, version: number): Operation {
  if (version === operation.version) return operation;
  const known = operation.earlier[version];
  if (!known) throw unknownVersion(operation, version);
  const { input, output, http = operation.http } = known;
  const before = Object.entries(operation.earlier).filter(([number]) => Number(number) < version);
  return Object.freeze({
    ...operation,
    version,
    input: input as Operation["input"],
    output: output as Operation["output"],
    http,
    earlier: Object.fromEntries(before),
  });
}

function unknownVersion(operation: Operation, version: number): CrmError {
  const versions = operationVersions(operation);
  return new CrmError(
    "CRM_BUS_VERSION",
    `${operation.name} was asked for in version ${version}, and this application serves ${versions.join(", ")}.`,
    { status: 501, details: { operation: operation.name, version, versions } },
  );
}
