import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError } from "../errors/crm-error.ts";
import type { AccessSubject } from "../iam/access-subject.ts";
import { type Actor, systemActor } from "./actor.ts";

/** The tenant of an application that has only one. */
export const DEFAULT_TENANT = "default";

/** Everything an operation knows about why it runs. It travels along the asynchronous call by itself. */
export interface ExecutionContext {
  readonly tenantId: string;
  readonly actor: Actor;
  /** What the actor may do; absent for the system, which may do everything. */
  readonly subject?: AccessSubject;
  /** One id for all that follows from one outside impulse. */
  readonly correlationId: string;
  /** The event or job this operation reacts to. */
  readonly causationId: string | null;
  /** BCP 47. */
  readonly locale: string;
  /** The storage's own unit of work, opaque to everybody else. */
  readonly unitOfWork?: object;
}

const current = new AsyncLocalStorage<ExecutionContext>();

const outermost: ExecutionContext = Object.freeze({
  tenantId: DEFAULT_TENANT,
  actor: systemActor,
  correlationId: "00000000-0000-7000-8000-000000000000",
  causationId: null,
  locale: "en",
});

/** The context of the running operation; outside of one, that of the system in the default tenant. */
export function executionContext(): ExecutionContext {
  return current.getStore() ?? outermost;
}

/** Runs `work` in the current context with these changes. */
export function runInContext<T>(changes: Partial<ExecutionContext>, work: () => T): T {
  return current.run({ ...executionContext(), ...changes }, work);
}

/** Runs `work` in exactly this context: for code that batches the work of several callers. */
export function runWithContext<T>(context: ExecutionContext, work: () => T): T {
  return current.run(context, work);
}

/** Runs `work` without any unit of work: what it stores commits on its own. */
export function runOutsideUnitOfWork<T>(work: () => T): T {
  const { unitOfWork: _, ...context } = executionContext();
  return current.run(context, work);
}

/** The current unit of work, or `CRM_UOW_REQUIRED` saying who needed it. */
export function requireUnitOfWork(what: string): object {
  const unit = executionContext().unitOfWork;
  if (unit) return unit;
  throw new CrmError(
    "CRM_UOW_REQUIRED",
    `${what} belongs into a unit of work: wrap it in UnitOfWork.run or dispatch a command.`,
  );
}
