import { CrmError } from "@crmessenger/kernel";

/**
 * Errors name the method and the origin of a request, never its path, query or headers: providers put tokens there.
 */
export interface RequestName {
  readonly method: string;
  readonly origin: string;
}

export function invalidRequest(reason: string): CrmError {
  return new CrmError("CRM_HTTP_INVALID_REQUEST", `This request can't be sent: ${reason}.`, { status: 422 });
}

export function forbiddenAddress(hostname: string, address: string): CrmError {
  const where = hostname === address ? address : `${hostname} (${address})`;
  return new CrmError(
    "CRM_HTTP_FORBIDDEN_ADDRESS",
    `${where} is not a public address. If the application is meant to call it, allow it with node({ allowedHosts: ["${hostname}"] }).`,
    { status: 422, details: { hostname, address, outcome: "not-sent" } },
  );
}

/** No byte of the request has left: repeating it can't do anything twice. */
export function unreachable({ method, origin }: RequestName, reason: string, cause?: unknown): CrmError {
  return new CrmError("CRM_HTTP_UNREACHABLE", `${method} ${origin} was not sent: ${reason}.`, {
    status: 502,
    retryable: true,
    details: { method, origin, outcome: "not-sent" },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function timedOut({ method, origin }: RequestName, timeoutMs: number): CrmError {
  return new CrmError(
    "CRM_HTTP_TIMEOUT",
    `${method} ${origin} was sent and not answered within ${timeoutMs} ms; whether it took effect is unknown.`,
    { status: 504, retryable: true, details: { method, origin, timeoutMs, outcome: "unknown" } },
  );
}

export function interrupted({ method, origin }: RequestName, cause: unknown): CrmError {
  return new CrmError(
    "CRM_HTTP_INTERRUPTED",
    `${method} ${origin} was sent, then the connection broke (${causeOf(cause)}); whether it took effect is unknown.`,
    { status: 502, retryable: true, details: { method, origin, outcome: "unknown" }, cause },
  );
}

export function tooLarge({ method, origin }: RequestName, maxBytes: number): CrmError {
  return new CrmError("CRM_HTTP_TOO_LARGE", `The answer to ${method} ${origin} is larger than ${maxBytes} bytes.`, {
    status: 502,
    details: { method, origin, maxBytes },
  });
}

export function circuitOpen(circuit: string, retryAfterMs: number): CrmError {
  return new CrmError(
    "CRM_HTTP_CIRCUIT_OPEN",
    `Requests to ${circuit} failed repeatedly and are held back for ${retryAfterMs} ms.`,
    { status: 503, retryable: true, retryAfterMs, details: { circuit, outcome: "not-sent" } },
  );
}

/** A short name of what went wrong below HTTP: a system or TLS code where there is one. */
export function causeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string") return code;
  return typeof message === "string" ? message : "unknown";
}
