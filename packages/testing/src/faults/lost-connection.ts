import { CrmError } from "@crmessenger/kernel";

/** What HttpClient says when a connection is lost: before anything was sent, or after, when the outcome is unknown. */
export function lostConnection(when: "before" | "after"): CrmError {
  return when === "before"
    ? new CrmError("CRM_HTTP_UNREACHABLE", "The connection could not be made.", { status: 502, retryable: true })
    : new CrmError("CRM_HTTP_INTERRUPTED", "The connection was lost before the answer came.", {
        status: 502,
        retryable: true,
        details: { outcome: "unknown" },
      });
}
