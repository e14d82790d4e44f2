import { contract } from "../contract.ts";
import type { Json } from "../infrastructure/json.ts";
import type { AnyOperation, Command, Operation, Query } from "./operation.ts";

export interface DispatchOptions {
  /**
   * The same key with the same input gets the first answer again, for 7 days, whichever version it is asked for in; with
   * another input it is `CRM_IDEMPOTENCY_MISMATCH`.
   */
  readonly idempotencyKey?: string;
}

/**
 * Carries commands and queries to their handlers: validate → authorise → unit of work → guards and transforms →
 * handler → audit → events. Whoever holds an operation `.at` an earlier version is served in that version: the input
 * is brought up to the current one before anything else sees it, the answer back down at the end. Conflicts inside the database (`CRM_UOW_CONFLICT`) are retried three times.
 *
 * Errors: `CRM_BUS_NO_HANDLER` (501), `CRM_BUS_VERSION` (501) for a version that is not served, `CRM_BUS_INVALID_INPUT` (422, details.issues), `CRM_IAM_FORBIDDEN` (403), and
 * whatever the handler refuses with.
 */
export interface MessageBus {
  dispatch<I, O>(command: Command<I, O>, input: I, options?: DispatchOptions): Promise<O>;
  ask<I, O>(query: Query<I, O>, input: I): Promise<O>;
  /** Runs an operation by its contract with input from outside, still unchecked. */
  execute(operation: AnyOperation, input: unknown, options?: DispatchOptions): Promise<Json>;
  /** Every operation that has a handler. */
  operations(): readonly Operation[];
}

export const MessageBus = contract<MessageBus>("infrastructure.message-bus", 1, { operations: "wait" });
