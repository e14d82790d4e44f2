import { CrmError, isCrmError } from "@crmessenger/kernel";

/** One value that amoCRM refused. */
export interface RefusedValue {
  readonly requestId: string;
  readonly code: string;
  readonly path: string;
}

/** How long a caller waits when only a person can help: somebody who does wakes it earlier. */
const UNTIL_HELPED_MS = 60_000;

/** The owner of the account has to grant access. */
export function needsLogin(reason: string): CrmError {
  return new CrmError("CRM_AMOCRM_NEEDS_LOGIN", `amoCRM needs a login: ${reason}`, {
    status: 503,
    retryable: true,
    retryAfterMs: UNTIL_HELPED_MS,
  });
}

/** The account is blocked for breaking the request limit. */
export function blocked(): CrmError {
  return new CrmError(
    "CRM_AMOCRM_BLOCKED",
    "amoCRM has blocked the account's API access. Ask amoCRM's support to lift the block; nothing is lost meanwhile.",
    { status: 503, retryable: true, retryAfterMs: UNTIL_HELPED_MS },
  );
}

/** Too many requests. */
export function rateLimited(retryAfterMs: number): CrmError {
  return new CrmError("CRM_AMOCRM_RATE_LIMITED", "amoCRM asks to slow down.", {
    status: 503,
    retryable: true,
    retryAfterMs,
  });
}

/** Other requests of ours are before this one. */
export function busy(retryAfterMs: number): CrmError {
  return new CrmError("CRM_AMOCRM_BUSY", "Other requests of ours to amoCRM come first: its limit is reached for now.", {
    status: 503,
    retryable: true,
    retryAfterMs,
  });
}

/** The account is not paid for. */
export function unpaid(): CrmError {
  return new CrmError("CRM_AMOCRM_UNPAID", "amoCRM answers that the account is not paid for. Pay for it there.", {
    status: 503,
    retryable: true,
    retryAfterMs: UNTIL_HELPED_MS,
  });
}

/** amoCRM failed; whether it did what it was asked is unknown. */
export function unavailable(status: number): CrmError {
  return new CrmError(
    "CRM_AMOCRM_UNAVAILABLE",
    `amoCRM failed with ${status}; whether the request took effect is unknown.`,
    {
      status: 503,
      retryable: true,
      details: { status, outcome: "unknown" },
    },
  );
}

/** amoCRM said something that the plugin does not understand; whether it did what it was asked is unknown. */
export function strangeAnswer(what: string, cause?: unknown): CrmError {
  return new CrmError("CRM_AMOCRM_ANSWER", `amoCRM's answer to ${what} is not what its documentation says.`, {
    status: 502,
    retryable: true,
    details: { outcome: "unknown" },
    cause,
  });
}

/** amoCRM refused the request as it is; repeating it does not help. */
export function refused(what: string, status: number, values: readonly RefusedValue[]): CrmError {
  const [first] = values;
  const where = first === undefined ? "" : ` ("${first.path}": ${first.code})`;
  return new CrmError("CRM_AMOCRM_REFUSED", `amoCRM refused ${what} with ${status}${where}.`, {
    status: 422,
    details: { status, values },
  });
}

/** The channel's secret is wrong, or this machine's clock is. */
export function badSignature(): CrmError {
  return new CrmError(
    "CRM_AMOCRM_SIGNATURE",
    "amoCRM's chats API refused the signature. Check AMOCRM_CHANNEL_SECRET and this machine's clock.",
    { status: 503, retryable: true, retryAfterMs: UNTIL_HELPED_MS },
  );
}

/** The channel is not connected to the account, or a message is unknown. */
export function notFound(what: string): CrmError {
  return new CrmError("CRM_AMOCRM_NOT_FOUND", `amoCRM does not know what ${what} is about.`, { status: 404 });
}

/** Whether a request may have taken effect although it failed. */
export function isOutcomeUnknown(error: unknown): boolean {
  return isCrmError(error) && error.details["outcome"] === "unknown";
}

/** The refused values of a {@link refused} error. */
export function refusedValues(error: CrmError): readonly RefusedValue[] {
  const values = error.details["values"];
  return Array.isArray(values) ? (values as RefusedValue[]) : [];
}
