import { contract } from "../contract.ts";
import type { Criteria, CriteriaSubject } from "../infrastructure/criteria.ts";
import type { AccessSubject } from "./access-subject.ts";

export interface AccessDecision {
  readonly granted: boolean;
  /** Why, in a sentence for the audit and for the person who was refused. */
  readonly reason: string;
}

/** What an access voter is asked. */
export interface AccessRequest {
  readonly subject: AccessSubject;
  readonly permission: string;
  /** The entity in question, where there is one. */
  readonly target?: CriteriaSubject;
}

/** Decides who may do what. Verified by `describePermissionManager` in `@crmessenger/testing`. */
export interface PermissionManager {
  /** Never rejects for a refusal; a voter that fails counts as a deny. */
  check(request: AccessRequest): Promise<AccessDecision>;
  /**
   * The condition that narrows a list to what the subject may see with this permission: `everything` for scope
   * all, `nothing` when the permission is missing.
   */
  scope(subject: AccessSubject, permission: string): Promise<Criteria>;
}

export const PermissionManager = contract<PermissionManager>("iam.permission-manager", 1);
