import type { User } from "@crmessenger/kernel/iam";
import { type Criteria, type CriteriaSubject, matches } from "@crmessenger/kernel/infrastructure";

/** Whether a scope reaches a user: users are their own owners, and belong to every team of theirs. */
export function reachesUser(scope: Criteria, user: Pick<User, "id" | "teamIds">): boolean {
  return [null, ...user.teamIds].some((teamId) =>
    matches(scope, { ...user, ownerId: user.id, teamId } as CriteriaSubject),
  );
}

/** Whether a scope reaches what belongs to a team; roles and the top of the tree belong to none. */
export function reachesTeam(scope: Criteria, teamId: string | null): boolean {
  return matches(scope, { ownerId: null, teamId });
}
