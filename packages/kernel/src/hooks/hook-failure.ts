import { CrmError, isCrmError } from "../errors/crm-error.ts";

/** Names the plugin and the point in the error of a tap; what the tap said about status and retry stays. */
export function hookFailure(plugin: string, point: string, cause: unknown): CrmError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = isCrmError(cause) ? cause : undefined;
  return new CrmError("CRM_HOOK_FAILED", `Plugin "${plugin}" failed in ${point}: ${said}`, {
    details: { plugin, point, ...(known ? { code: known.code } : {}) },
    status: known?.status ?? 500,
    retryable: known?.retryable ?? false,
    cause,
  });
}

export function hookDeadline(plugin: string, point: string, deadlineMs: number): CrmError {
  return new CrmError("CRM_HOOK_DEADLINE", `Plugin "${plugin}" did not finish in ${point} within ${deadlineMs} ms.`, {
    details: { plugin, point, deadlineMs },
    status: 504,
  });
}
