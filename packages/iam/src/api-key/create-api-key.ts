import { CrmError, type Handler, covers, executionContext, handle } from "@crmessenger/kernel";
import { type AccessSubject, type Authenticator, CreateApiKey } from "@crmessenger/kernel/iam";
import { unauthenticated } from "../record/refusals.ts";

/**
 * Serves `CreateApiKey`, in a unit of work of its own, so that the answer, which holds the key, is not kept for
 * retries. A call made with a limited key makes keys with no more than its permissions.
 */
export function createApiKey(authenticator: Authenticator): Handler {
  return handle(
    CreateApiKey,
    async (input) => {
      const { subject } = executionContext();
      if (subject?.kind !== "user") throw unauthenticated("An API key acts as a user: call this as one.");
      const permissions = withinLimit(subject, input.permissions);
      return authenticator.createApiKey(subject.id, { ...input, ...(permissions ? { permissions } : {}) });
    },
    { unitOfWork: "own" },
  );
}

function withinLimit(
  { permissions: limit }: AccessSubject,
  wanted: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!limit || !wanted) return wanted ?? limit;
  const excess = wanted.find((permission) => !limit.some((pattern) => covers(pattern, permission)));
  if (excess === undefined) return wanted;
  throw new CrmError(
    "CRM_IAM_ESCALATION",
    `The API key that you call with does not have ${excess}: it can't give it to another.`,
    { status: 403, details: { permission: excess } },
  );
}
