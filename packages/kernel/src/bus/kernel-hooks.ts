import { aroundPoint, observePoint } from "../hooks/hook-point.ts";
import type { Json } from "../infrastructure/json.ts";
import type { Operation } from "./operation.ts";

/**
 * One run of an operation, as hooks around it see it: after validation, before authorisation. Fields that the operation
 * names as `secrets` are `[hidden]` here and in its answer; what a hook puts there instead is not looked at.
 */
export interface OperationCall {
  readonly operation: Operation;
  readonly input: Json;
}

/** How a run of an operation ended. */
export interface OperationOutcome extends OperationCall {
  readonly milliseconds: number;
  /** The code of the error it ended with. */
  readonly errorCode?: string;
}

export const KernelHooks = Object.freeze({
  /** Wraps every command and query, once per call, outside its unit of work. A throw is the caller's error. */
  operation: aroundPoint<OperationCall, Json>("kernel.operation"),
  /** Told after every command and query has ended, successful or not. For telemetry; may be lost. */
  operationEnded: observePoint<OperationOutcome>("kernel.operation-ended"),
});
