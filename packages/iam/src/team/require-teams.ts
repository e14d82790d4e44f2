import type { Criteria } from "@crmessenger/kernel/infrastructure";
import { reachesTeam } from "../access/user-scope.ts";
import { outOfScope, unknownReference } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";

/** Passes when the teams exist (`CRM_IAM_UNKNOWN_TEAM`) and the caller's scope reaches them (`CRM_IAM_OUT_OF_SCOPE`). */
export async function requireTeams({ teams }: IamServices, ids: readonly string[], scope: Criteria): Promise<void> {
  if (ids.length === 0) return;
  const found = (await teams.getMany(ids)).filter(({ deletedAt }) => deletedAt === null);
  const known = new Set(found.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw unknownReference("team", unknown);
  if (!ids.every((id) => reachesTeam(scope, id))) throw outOfScope("this team");
}
