import type { z } from "zod";
import { contract, registryReach } from "../contract.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { EntityRef } from "../infrastructure/entity-ref.ts";
import type { JsonObject } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/** Why and for what an action runs. */
export interface ActionContext {
  readonly workflowId: string;
  readonly runId: string;
  /** The place of the action in its workflow, from 0. */
  readonly step: number;
  /** What the run is about. */
  readonly subject: EntityRef;
  /** What set the workflow off; null when a person started it. */
  readonly event: StoredEvent | null;
  /** What earlier actions of the run answered, by step. */
  readonly results: readonly JsonObject[];
  /** The same for every attempt of this step: for commands, messages and requests that must not be repeated. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/**
 * Something that a workflow does: creates a task, sends a message, calls a web service. It runs as a job, outside any
 * unit of work, with the permissions of the plugin that registered it; at least once, in order of the steps. A throw
 * retries it; a CrmError that is not retryable fails the run.
 */
export interface Action<S = JsonObject> extends Named {
  /** One sentence for whoever builds a workflow. */
  readonly description: string;
  /** What a workflow may set; checked when the workflow is saved. */
  readonly settings: z.ZodType<S>;
  /** Answers what later actions may use; plain data. */
  execute(context: ActionContext, settings: S): Promise<JsonObject | void>;
}

/** The actions that workflows can name. */
export interface Actions extends Registry<Action> {}

export const Actions = contract<Actions>("automation.actions", 1, registryReach);

/** An action for a registry, typed by its settings. */
export function defineAction<S>(action: Action<S>): Action {
  return action as unknown as Action;
}
