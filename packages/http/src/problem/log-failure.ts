import { isCrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";

const MAX_CAUSES = 4;

/** Writes a failure of ours down, with all that its caller is not told. */
export function logFailure(
  logger: Logger,
  what: string,
  failure: { readonly correlationId: string; readonly error: unknown },
): void {
  const { correlationId, error } = failure;
  logger.error(`${what} failed.`, {
    correlationId,
    ...(isCrmError(error) ? { code: error.code } : {}),
    error: plain(error, MAX_CAUSES),
  });
}

/** Errors hide what they hold from JSON. */
function plain(error: unknown, causes: number): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details }),
    stack,
    ...(cause === undefined || causes === 0 ? {} : { cause: plain(cause, causes - 1) }),
  };
}
