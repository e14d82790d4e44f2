import { CrmError } from "@crmessenger/kernel";

/** The connection ended: whether Telegram took what was asked is unknown. */
export function linkLost(reason: unknown): CrmError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new CrmError("CRM_TELEGRAM_LINK_LOST", `The connection to Telegram ended: ${why}`, {
    status: 503,
    retryable: true,
    cause: reason,
  });
}

/** Telegram could not be dialled. */
export function unreachable(host: string, port: number, reason: unknown): CrmError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new CrmError("CRM_TELEGRAM_UNREACHABLE", `Telegram can't be reached at ${host}:${port}: ${why}`, {
    status: 503,
    retryable: true,
    details: { host, port },
    cause: reason,
  });
}

/** The server has no such authorisation key any more: the login is gone. */
export function keyForgotten(): CrmError {
  return new CrmError("CRM_TELEGRAM_KEY_FORGOTTEN", "Telegram no longer knows this login. Log in again.", {
    status: 401,
  });
}
