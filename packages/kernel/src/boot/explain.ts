import { executionContext } from "../context/execution-context.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { type ExplainedStep, Trace, traced } from "../hooks/trace.ts";
import type { Handler } from "../bus/handler.ts";
import type { MessageBus } from "../bus/message-bus.ts";
import type { AnyOperation } from "../bus/operation.ts";
import type { Json } from "../infrastructure/json.ts";
import type { UnitOfWork } from "../infrastructure/unit-of-work.ts";

/** How an operation would go, tap by tap. */
export interface Explanation {
  readonly operation: string;
  /** Who asked: `user 7`. */
  readonly actor: string;
  /** `refused`: permissions or a guard said no; `failed`: anything else. */
  readonly outcome: "allowed" | "refused" | "failed";
  readonly output?: Json;
  readonly error?: { readonly code: string; readonly message: string };
  /** In the order in which the taps began. */
  readonly steps: readonly ExplainedStep[];
}

export interface ExplainServices {
  readonly bus: MessageBus;
  readonly handler: (operation: string) => Handler | undefined;
  readonly unitOfWork: () => UnitOfWork;
}

/** Undoes the unit of work of an explained command. */
class Undone extends Error {}

/**
 * Runs the operation as the current actor, with all its guards, transforms and voters, and undoes it: what it stored,
 * recorded and enqueued is rolled back. `CRM_KERNEL_UNEXPLAINABLE` (409) for commands that commit by themselves.
 */
export async function explain(
  services: ExplainServices,
  operation: AnyOperation,
  input: unknown,
): Promise<Explanation> {
  const { bus, handler, unitOfWork } = services;
  if (operation.kind === "command" && handler(operation.name)?.unitOfWork === "own") throw unexplainable(operation);
  const trace = new Trace();
  const { kind, id } = executionContext().actor;
  const explanation = { operation: operation.name, actor: `${kind} ${id}` };
  let output: Json = null;
  const run = async () => {
    output = await bus.execute(operation, input);
  };
  const undo = async () => {
    await run();
    throw new Undone();
  };
  try {
    await traced(trace, () => (operation.kind === "query" ? run() : unitOfWork().run(undo)));
  } catch (error) {
    if (!(error instanceof Undone)) return { ...explanation, ...failure(error), steps: trace.steps };
  }
  return { ...explanation, outcome: "allowed", output, steps: trace.steps };
}

function failure(thrown: unknown): Pick<Explanation, "outcome" | "error"> {
  const { code, message, status } = toCrmError(thrown);
  return { outcome: status === 403 ? "refused" : "failed", error: { code, message } };
}

function unexplainable({ name }: AnyOperation): CrmError {
  return new CrmError(
    "CRM_KERNEL_UNEXPLAINABLE",
    `${name} commits by itself and so can't be tried without effect. Look at its audit entries and events instead.`,
    { status: 409, details: { operation: name } },
  );
}
