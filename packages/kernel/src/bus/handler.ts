import type { Criteria } from "../infrastructure/criteria.ts";
import type { Json } from "../infrastructure/json.ts";
import type { Command, Operation, Query } from "./operation.ts";

/** What a query handler gets besides its input. */
export interface QueryContext {
  /** What the caller may see: to be joined with the query's own criteria by `and`. */
  readonly scope: Criteria;
}

/** What a command handler gets besides its input. */
export interface CommandContext {
  /** Entities the caller may change with the command's permission: a handler checks what it loads against it. */
  readonly scope: () => Promise<Criteria>;
}

export interface HandlerOptions {
  /**
   * `shared` (default): the bus runs the handler in a unit of work, with idempotency, and retries conflicts. `own`: the handler
   * commits by itself before it resolves and dedupes by itself; for hot paths that commit several callers together.
   */
  readonly unitOfWork?: "shared" | "own";
}

/** An operation with the code that serves it. Made by `handle` and `answer`. */
export interface Handler {
  readonly operation: Operation;
  readonly unitOfWork: "shared" | "own";
  readonly run: (input: never, context: never) => Promise<Json>;
}

/** Serves a command. */
export function handle<I, O>(
  command: Command<I, O>,
  run: (input: I, context: CommandContext) => Promise<O>,
  options: HandlerOptions = {},
): Handler {
  return {
    operation: command as unknown as Operation,
    unitOfWork: options.unitOfWork ?? "shared",
    run: run as unknown as Handler["run"],
  };
}

/** Serves a query. */
export function answer<I, O>(query: Query<I, O>, run: (input: I, context: QueryContext) => Promise<O>): Handler {
  return { operation: query as unknown as Operation, unitOfWork: "own", run: run as unknown as Handler["run"] };
}
