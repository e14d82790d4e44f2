import { CrmError } from "@crmessenger/kernel";

/** One answer for everything that is wrong with who calls: an attacker learns nothing from it. */
export function unauthenticated(message = "The token is unknown, expired or revoked: sign in again."): CrmError {
  return new CrmError("CRM_IAM_UNAUTHENTICATED", message, { status: 401 });
}

/** The same answer for what does not exist and for what the caller may not reach. */
export function notFound(what: "user" | "api-key", id: string): CrmError {
  const code = what === "user" ? "CRM_IAM_USER_NOT_FOUND" : "CRM_IAM_API_KEY_NOT_FOUND";
  return new CrmError(code, `There is no ${what === "user" ? "user" : "API key"} ${id}.`, {
    status: 404,
    details: { id },
  });
}

export function outOfScope(what: string): CrmError {
  return new CrmError(
    "CRM_IAM_OUT_OF_SCOPE",
    `Your permission does not reach ${what}: ask somebody whose grant has a wider scope.`,
    { status: 403 },
  );
}

export function unknownReference(what: "role" | "team", ids: readonly string[]): CrmError {
  const code = what === "role" ? "CRM_IAM_UNKNOWN_ROLE" : "CRM_IAM_UNKNOWN_TEAM";
  return new CrmError(code, `There is no ${what} ${ids.join(", ")}.`, { status: 422, details: { ids } });
}
