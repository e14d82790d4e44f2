import { contract } from "../contract.ts";
import type { EntityRef } from "../infrastructure/entity-ref.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { Page, PageRequest } from "../infrastructure/page.ts";
import type { WorkflowRun } from "./workflow.ts";

/**
 * Matches what happens with the triggers of enabled workflows, and sees their runs through. No suite verifies it yet.
 *
 * - A run is durable: it goes on after a restart where it stood, and one event sets a workflow off at most once.
 * - Actions of one run go one after the other; runs about one subject do not wait for each other.
 * - Events that actions cause carry the run's correlation; a workflow that would set itself off more than 20 times
 *   along one correlation is stopped with `CRM_WORKFLOW_LOOP`.
 */
export interface WorkflowEngine {
  /**
   * Records the runs that the event sets off, in the current unit of work (`CRM_UOW_REQUIRED` outside one), and answers
   * their ids. The engine's own subscription calls it; nobody else needs to.
   */
  consider(event: StoredEvent): Promise<readonly string[]>;
  /** Starts a run by hand, conditions over the event left out. `CRM_WORKFLOW_NOT_FOUND` (404). */
  start(workflowId: string, subject: EntityRef, options?: { readonly idempotencyKey?: string }): Promise<WorkflowRun>;
  /** Ends a run before its next action; one that has ended is fine. `CRM_WORKFLOW_NOT_FOUND` (404). */
  stop(runId: string, reason: string): Promise<WorkflowRun>;
  /** Newest first. */
  runs(
    of: { readonly workflowId?: string; readonly subject?: EntityRef },
    page?: PageRequest,
  ): Promise<Page<WorkflowRun>>;
}

export const WorkflowEngine = contract<WorkflowEngine>("automation.workflow-engine", 1);
