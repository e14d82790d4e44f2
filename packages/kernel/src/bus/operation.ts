import type { z } from "zod";
import type { Json } from "../infrastructure/json.ts";

/** Where the HTTP API offers an operation. Path parameters (`:id`) and query fields are fields of the input. */
export interface HttpBinding {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, such as `/leads/:id`. */
  readonly path: string;
  /** Of a successful answer. Default 200. */
  readonly status?: number;
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

type Definition<I, O> = Omit<OperationDefinition<I, O>, "version" | "http"> & {
  readonly version?: number;
  readonly http?: HttpBinding | null;
};

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){1,3}$/;

function define<K extends "command" | "query", I, O>(kind: K, definition: Definition<I, O>) {
  if (!NAME.test(definition.name))
    throw new TypeError(`An operation is named "<area>.<entity>.<verb>" in kebab-case, not "${definition.name}".`);
  const http =
    definition.http === undefined
      ? ({ method: "POST", path: `/${kind === "command" ? "commands" : "queries"}/${definition.name}` } as const)
      : definition.http;
  return Object.freeze({ version: 1, ...definition, http, kind });
}

export function defineCommand<I, O>(definition: Definition<I, O>): Command<I, O> {
  return define("command", definition);
}

export function defineQuery<I, O>(definition: Definition<I, O>): Query<I, O> {
  return define("query", definition);
}
