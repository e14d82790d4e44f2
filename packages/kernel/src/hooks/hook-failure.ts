import { CrmError, isCrmError } from "../errors/crm-error.ts";

/**
 * The error of a tap, with the plugin and the point in its details. A CrmError below 500 is what the plugin has to say to
 * the caller, who may mend it: its code, message, status and details stay. Everything else is `CRM_HOOK_FAILED`, with
 * what it said about status and retry.
 */
export function hookFailure(plugin: string, point: string, cause: unknown): CrmError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = isCrmError(cause) ? cause : undefined;
  if (known && known.status < 500) {
    const { code, message, details, status, retryable, retryAfterMs } = known;
    return new CrmError(code, message, {
      details: { ...details, plugin, point },
      status,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause,
    });
  }
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
