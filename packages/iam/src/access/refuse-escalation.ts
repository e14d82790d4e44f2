import { isDeepStrictEqual } from "node:util";
import { CrmError, covers, executionContext } from "@crmessenger/kernel";
import type { AccessScope, Grant } from "@crmessenger/kernel/iam";
import type { RolePermissionManager } from "./permission-manager.ts";

const RANK: Readonly<Record<AccessScope, number>> = { own: 0, team: 1, all: 2 };

/**
 * Nobody gives away what they don't have: every grant must be covered by one of the actor's own, in permission,
 * scope and condition. Otherwise `CRM_IAM_ESCALATION` (403).
 */
export async function refuseEscalation(given: readonly Grant[], permissions: RolePermissionManager): Promise<void> {
  const { actor, subject } = executionContext();
  if (actor.kind === "system" || given.length === 0) return;
  const limit = subject?.permissions;
  const own = !subject
    ? []
    : subject.kind === "plugin"
      ? (limit ?? []).map(unlimited)
      : await permissions.grantsOf(subject);
  const missing = given.find(
    (grant) =>
      !own.some((held) => includes(held, grant)) ||
      (limit && !limit.some((pattern) => covers(pattern, grant.permission))),
  );
  if (!missing) return;
  throw new CrmError(
    "CRM_IAM_ESCALATION",
    `You can't give away ${missing.permission} with scope ${missing.scope}: you don't have it yourself.`,
    {
      status: 403,
      details: { permission: missing.permission, scope: missing.scope },
    },
  );
}

function unlimited(permission: string): Grant {
  return { permission, scope: "all" };
}

function includes(held: Grant, given: Grant): boolean {
  if (!covers(held.permission, given.permission) || RANK[held.scope] < RANK[given.scope]) return false;
  return held.criteria === undefined || isDeepStrictEqual(held.criteria, given.criteria);
}
