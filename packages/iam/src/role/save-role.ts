import { CrmError, type Handler, handle } from "@crmessenger/kernel";
import { type Role, SaveRole } from "@crmessenger/kernel/iam";
import { where } from "@crmessenger/kernel/infrastructure";
import { refuseEscalation } from "../access/refuse-escalation.ts";
import { reachesTeam } from "../access/user-scope.ts";
import { changesBetween } from "../record/changes-between.ts";
import { outOfScope } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";
import { OWNER_ROLE } from "./built-in-roles.ts";

/** Serves `SaveRole`. Roles are nobody's own, so it takes a grant of scope all. */
export function saveRole(services: IamServices): Handler {
  return handle(SaveRole, async ({ name, grants }, context) => {
    if (!reachesTeam(await context.scope(), null)) throw outOfScope("roles");
    if (name === OWNER_ROLE) {
      throw new CrmError(
        "CRM_IAM_OWNER_ROLE",
        `The role "${OWNER_ROLE}" always may do everything: save the grants under another name.`,
        { status: 409 },
      );
    }
    await refuseEscalation(grants, services.permissions);
    const found = await services.roles.find(where<Role>("name").eq(name), { limit: 1 });
    const [before] = found.items;
    const changes = changesBetween(before, { name, grants });
    if (before && Object.keys(changes).length === 0) return before;
    const role = before
      ? await services.roles.update({ ...before, grants })
      : await services.roles.insert({ id: services.ids.next(), name, grants });
    await services.auditor.track([{ action: SaveRole.name, target: { type: "role", id: role.id }, changes }]);
    await services.directory.changed();
    return role;
  });
}
