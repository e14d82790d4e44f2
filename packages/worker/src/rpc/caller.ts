import type { Root } from "./messages.ts";

/** One step of a call: a method with its arguments, or a property. */
export interface Step {
  /** Empty: the root itself is called. */
  readonly member: string;
  /** Without arguments the property is read. */
  readonly args?: readonly unknown[];
}

/** What a call is for, as its errors name it: `{ kind: "hook", name: "sales.lead-draft" }`. */
export interface Purpose {
  readonly kind: "operation" | "hook" | "job" | "route" | "event" | "phase" | "contract" | "callback";
  readonly name: string;
}

export interface CallOptions {
  readonly purpose?: Purpose;
  /** Milliseconds until the call is given up with `CRM_WORKER_DEADLINE`. */
  readonly deadlineMs?: number;
  /** The answer is a function that takes the call back. */
  readonly undo?: boolean;
}

/** The ways to reach the other thread. */
export interface Caller {
  call(root: Root, steps: readonly Step[], options?: CallOptions): Promise<unknown>;
  /** Nothing is answered. Calls of both kinds begin in the order in which they were made. */
  tell(root: Root, steps: readonly Step[]): void;
  /** This thread stands still until the answer is there. */
  wait(root: Root, steps: readonly Step[]): unknown;
}

/** What an object or function of the other thread is here: its handle, and for a method its name. */
export interface Standing {
  readonly handle: number;
  /** Empty for the object or function itself. */
  readonly member: string;
}

const standings = new WeakMap<object, Standing>();

/** Remembers that an object or function here stands for one of the other thread. */
export function standsFor(object: object, standing: Standing): void {
  standings.set(object, standing);
}

/** What a function from the other thread stands for. */
export function standingOf(object: object): Standing | undefined {
  return standings.get(object);
}
