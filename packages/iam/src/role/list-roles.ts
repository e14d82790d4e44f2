import { type Handler, answer } from "@crmessenger/kernel";
import { ListRoles } from "@crmessenger/kernel/iam";
import { everything } from "@crmessenger/kernel/infrastructure";
import { reachesTeam } from "../access/user-scope.ts";
import type { IamServices } from "../services.ts";

/** Serves `ListRoles`. Roles are nobody's own: a scope shows all of them or none. */
export function listRoles({ roles }: IamServices): Handler {
  return answer(ListRoles, async (page, { scope }) =>
    reachesTeam(scope, null) ? roles.find(everything, page) : { items: [] },
  );
}
