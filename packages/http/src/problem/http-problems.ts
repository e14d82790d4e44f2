import { CrmError } from "@crmessenger/kernel";

export function notFound(method: string, path: string): CrmError {
  return new CrmError("CRM_HTTP_NOT_FOUND", `There is nothing at ${method} ${path}.`, { status: 404 });
}

/** The path names a version of the API that there is not, or not yet. */
export function unknownApiVersion(asked: string, versions: readonly string[]): CrmError {
  return new CrmError(
    "CRM_HTTP_API_VERSION",
    `This application has no ${asked} of its API. It has ${versions.join(" and ")}: use /api/${versions.at(-1)}.`,
    { status: 404, details: { asked, versions } },
  );
}

export function methodNotAllowed(method: string, allow: readonly string[]): CrmError {
  return new CrmError("CRM_HTTP_METHOD", `${method} is not possible here; ${allow.join(", ")} is.`, {
    status: 405,
    details: { allow },
  });
}

export function badRequest(reason: string): CrmError {
  return new CrmError("CRM_HTTP_BAD_REQUEST", reason, { status: 400 });
}

export function bodyTooLarge(maxBytes: number): CrmError {
  return new CrmError("CRM_HTTP_BODY_TOO_LARGE", `The body is larger than the ${maxBytes} bytes allowed here.`, {
    status: 413,
    details: { maxBytes },
  });
}

export function unauthenticated(reason: string): CrmError {
  return new CrmError("CRM_IAM_UNAUTHENTICATED", reason, { status: 401 });
}

/** The application lacks the plugin that this endpoint needs. */
export function notServed(what: string): CrmError {
  return new CrmError("CRM_HTTP_NOT_SERVED", `This application has no ${what}.`, { status: 501 });
}

/** The caller went away; nobody reads the answer. */
export function aborted(cause: unknown): CrmError {
  return new CrmError("CRM_HTTP_ABORTED", "The caller went away before the request was complete.", {
    status: 400,
    cause,
  });
}
