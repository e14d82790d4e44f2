import { type PlainError, fromPlainError, isCrmError } from "@crmessenger/kernel";
import { WeakTable } from "./weak-table.ts";

/** An error on the port. `origin` says that it came from the other side, which knows it by this number. */
export type WireError = {
  readonly sent?: number;
  readonly origin?: number;
} & (
  | { readonly crm: PlainError }
  | { readonly name: string; readonly message: string; readonly stack?: string; readonly code?: string }
);

/** Carries errors both ways; one that comes home again is the same object, so that callers can recognise it. */
export class Errors {
  readonly #sent = new WeakTable<Error>();
  readonly #received = new WeakMap<Error, number>();

  encode(thrown: unknown): WireError {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const origin = this.#received.get(error);
    if (origin !== undefined) return { ...plainError(error), origin };
    return { ...plainError(error), sent: this.#sent.idOf(error) };
  }

  decode(wire: WireError): Error {
    const own = wire.origin === undefined ? undefined : this.#sent.get(wire.origin);
    if (own) return own;
    const error = rebuild(wire);
    if (wire.sent !== undefined) this.#received.set(error, wire.sent);
    return error;
  }
}

/** An error as plain data. */
export function plainError(error: Error): WireError {
  if (isCrmError(error)) {
    const { code, message, details, status, retryable, retryAfterMs } = error;
    const crm = { code, message, details: cloneable(details), status, retryable };
    return { crm: retryAfterMs === undefined ? crm : { ...crm, retryAfterMs } };
  }
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(typeof code === "string" ? { code } : {}),
  };
}

function rebuild(wire: WireError): Error {
  if ("crm" in wire) return fromPlainError(wire.crm);
  const error = new Error(String(wire.message));
  Object.defineProperty(error, "name", { value: String(wire.name), configurable: true, writable: true });
  if (wire.stack !== undefined) error.stack = String(wire.stack);
  return wire.code === undefined ? error : Object.assign(error, { code: String(wire.code) });
}

/** Details are for a reader: what can't be cloned is told as text. */
function cloneable(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(details);
  } catch {
    return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, String(value)]));
  }
}
