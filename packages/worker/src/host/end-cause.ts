import { CrmError } from "@crmessenger/kernel";
import type { Purpose } from "../rpc/caller.ts";

/** Why a worker is gone. */
export interface EndCause {
  readonly code: string;
  /** Goes on from `Plugin "x"`: `exited with code 1`. */
  readonly what: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the calls that were in progress, and those that come too late, fail with. */
export function endedError(plugin: string, { code, what, details }: EndCause, purpose?: Purpose): CrmError {
  const during = purpose ? ` during ${purpose.kind} ${purpose.name}` : "";
  return new CrmError(code, `Plugin "${plugin}" ${what}${during}.`, {
    status: 503,
    retryable: true,
    details: { plugin, ...(purpose ? { [purpose.kind]: purpose.name } : {}), ...details },
  });
}

/** Of an error that nobody in the worker caught. */
export function causeOfError(error: Error): EndCause {
  if ((error as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY")
    return { code: "CRM_WORKER_MEMORY", what: "used more memory than its worker may have" };
  return {
    code: "CRM_WORKER_UNCAUGHT",
    what: `ended its worker by an error that nobody caught: ${error.message}`,
  };
}

export function causeOfExit(exitCode: number): EndCause {
  return { code: "CRM_WORKER_EXITED", what: `ended its worker with exit code ${exitCode}`, details: { exitCode } };
}

export const GARBAGE: EndCause = {
  code: "CRM_WORKER_PROTOCOL",
  what: "sent the kernel something that is no message; its worker was ended",
};

export const HANGS: EndCause = {
  code: "CRM_WORKER_UNRESPONSIVE",
  what: "did not let its worker answer; the worker was ended",
};

export const STOPPED: EndCause = { code: "CRM_WORKER_STOPPED", what: "has stopped" };
