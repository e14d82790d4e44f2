import { CrmError } from "@crmessenger/kernel";
import type { Purpose } from "../rpc/caller.ts";
import type { WireError } from "../rpc/error-wire.ts";

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
export function causeOfError(error: WireError): EndCause {
  const said = "crm" in error ? error.crm.message : error.message;
  return { code: "CRM_WORKER_UNCAUGHT", what: `ended its worker by an error that nobody caught: ${said}` };
}

export function causeOfExit(exitCode: number | null, signal: NodeJS.Signals | null): EndCause {
  const how = exitCode === null ? `by ${signal ?? "a signal"}` : `with exit code ${exitCode}`;
  return { code: "CRM_WORKER_EXITED", what: `ended its worker ${how}`, details: { exitCode, signal } };
}

export const MEMORY: EndCause = {
  code: "CRM_WORKER_MEMORY",
  what: "used more memory than its worker may have",
};

export const GARBAGE: EndCause = {
  code: "CRM_WORKER_PROTOCOL",
  what: "sent the kernel something that is no message; its worker was ended",
};

export const HANGS: EndCause = {
  code: "CRM_WORKER_UNRESPONSIVE",
  what: "did not let its worker answer; the worker was ended",
};

export const STOPPED: EndCause = { code: "CRM_WORKER_STOPPED", what: "has stopped" };
