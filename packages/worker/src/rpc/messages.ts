import type { WireContext } from "./context-wire.ts";
import type { WireError } from "./error-wire.ts";

/** A value as it goes over the port: plain data, with marked objects for what can't be cloned. */
export type Wire = unknown;

/** Where the worker process writes its messages, and where it reads the answers that it stands still for. */
export const FROM_GUEST_FD = 4;
export const WAITING_FD = 5;

/** A number is a handle, a name is one of the objects that each side offers. */
export type Root = number | string;

/** Without arguments a property is read; without a member the root itself is called. */
export interface WireStep {
  readonly member: string;
  readonly args?: readonly Wire[];
}

export interface CallMessage {
  readonly type: "call";
  readonly id: number;
  readonly root: Root;
  readonly steps: readonly WireStep[];
  readonly context: WireContext;
  /** The caller's thread stands still: the answer comes on the port for that. */
  readonly waits?: boolean;
  /** The answer is a function that takes the call back: it is called when the caller is gone. */
  readonly undo?: boolean;
}

export interface TellMessage {
  readonly type: "tell";
  readonly root: Root;
  readonly steps: readonly WireStep[];
  readonly context: WireContext;
}

export type AnswerMessage =
  | { readonly type: "answer"; readonly id: number; readonly value: Wire }
  | { readonly type: "failure"; readonly id: number; readonly error: WireError };

export type Message =
  | CallMessage
  | TellMessage
  | AnswerMessage
  | { readonly type: "release"; readonly handle: number }
  | { readonly type: "abort"; readonly signal: number; readonly reason: Wire }
  | { readonly type: "forget"; readonly signal: number }
  | { readonly type: "ping" | "pong" }
  /** The last message of a process that ends by an error that nobody caught. */
  | { readonly type: "fatal"; readonly error: WireError };

/** Whether it has the form of a message; what is inside is checked where it is used. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== "object" || value === null) return false;
  const message = value as Readonly<Record<string, unknown>>;
  switch (message["type"]) {
    case "call":
      return typeof message["id"] === "number" && isRequest(message);
    case "tell":
      return isRequest(message);
    case "answer":
      return typeof message["id"] === "number";
    case "failure":
      return typeof message["id"] === "number" && isObject(message["error"]);
    case "release":
      return typeof message["handle"] === "number";
    case "abort":
    case "forget":
      return typeof message["signal"] === "number";
    case "ping":
    case "pong":
      return true;
    case "fatal":
      return isObject(message["error"]);
    default:
      return false;
  }
}

function isRequest({ root, steps, context }: Readonly<Record<string, unknown>>): boolean {
  return (
    (typeof root === "number" || typeof root === "string") &&
    Array.isArray(steps) &&
    steps.length > 0 &&
    steps.every((step) => isObject(step) && typeof (step as { member?: unknown }).member === "string") &&
    isObject(context)
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
