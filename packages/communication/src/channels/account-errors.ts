import { CrmError } from "@crmessenger/kernel";

export function accountNotFound(id: string): CrmError {
  return new CrmError("CRM_CHANNEL_NOT_FOUND", `There is no channel account ${id}.`, { status: 404, details: { id } });
}

export function accountElsewhere(id: string): CrmError {
  return new CrmError(
    "CRM_CHANNEL_ELSEWHERE",
    `Another process runs the channel account ${id}. Try again there, or after it has stopped.`,
    { status: 409, retryable: true, details: { id } },
  );
}

/** Retryable, so that no channel takes it for a verdict on the message. */
export function leaseLost(id: string): CrmError {
  return new CrmError(
    "CRM_CHANNEL_LEASE_LOST",
    `This process no longer runs the channel account ${id}: what it received is not accepted, and will come again where the account runs now.`,
    { status: 409, retryable: true, details: { id } },
  );
}

export function channelsStopped(): CrmError {
  return new CrmError(
    "CRM_CHANNEL_STOPPED",
    "The application does not run channels now: it starts or stops. Try again later.",
    {
      status: 503,
      retryable: true,
    },
  );
}

export function unknownLoginMethod(type: string, method: string, known: readonly string[]): CrmError {
  const ways = known.join(", ") || "none, they need no login";
  return new CrmError(
    "CRM_CHANNEL_LOGIN_METHOD",
    `Channels of type "${type}" can't log in by "${method}". Known ways: ${ways}.`,
    {
      status: 422,
      details: { type, method, known },
    },
  );
}

export function noLogin(id: string): CrmError {
  return new CrmError("CRM_LOGIN_NONE", `No login is under way for the channel account ${id}. Begin one first.`, {
    status: 404,
    details: { id },
  });
}

export function loginEnded(): CrmError {
  return new CrmError("CRM_LOGIN_NOT_ASKED", "The login has ended and asks for nothing. Begin another one.", {
    status: 409,
  });
}
