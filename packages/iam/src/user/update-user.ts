import { CrmError, type Handler, handle } from "@crmessenger/kernel";
import { UpdateUser, type User } from "@crmessenger/kernel/iam";
import { refuseEscalation } from "../access/refuse-escalation.ts";
import { reachesUser } from "../access/user-scope.ts";
import { changesBetween } from "../record/changes-between.ts";
import { notFound } from "../record/refusals.ts";
import { requireRoles } from "../role/require-roles.ts";
import type { IamServices } from "../services.ts";
import { requireTeams } from "../team/require-teams.ts";
import { activeHolders, ownerRole } from "./owners.ts";

/** Serves `UpdateUser`. Roles and teams are checked where they are new; taking them away needs no right to them. */
export function updateUser(services: IamServices): Handler {
  return handle(UpdateUser, async ({ id, ...given }, context) => {
    const scope = await context.scope();
    const before = await services.users.get(id, { lock: true });
    if (!before || before.deletedAt !== null || !reachesUser(scope, before)) throw notFound("user", id);
    const after: User = { ...before, ...given };
    const changes = changesBetween(before, after);
    if (Object.keys(changes).length === 0) return before;
    const roles = await requireRoles(services, added(before.roleIds, after.roleIds));
    await refuseEscalation(
      roles.flatMap(({ grants }) => grants),
      services.permissions,
    );
    await requireTeams(services, added(before.teamIds, after.teamIds), scope);
    await keepAnOwner(services, before, after);
    const user = await services.users.update(after);
    if (!user.active) await services.sessions.endAll(id);
    await services.auditor.track([{ action: UpdateUser.name, target: { type: "user", id }, changes }]);
    await services.directory.changed();
    return user;
  });
}

function added(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.filter((id) => !before.includes(id));
}

/** The last active owner stays one, or nobody could ever repair it. */
async function keepAnOwner(services: IamServices, before: User, after: User): Promise<void> {
  const role = await ownerRole(services);
  if (!role || !isOwner(before, role.id) || isOwner(after, role.id)) return;
  await services.roles.get(role.id, { lock: true }); // two owners who retire each other do so one after the other
  const others = (await activeHolders(services, role)).filter(({ id }) => id !== before.id);
  if (others.length > 0) return;
  throw new CrmError(
    "CRM_IAM_LAST_OWNER",
    `${before.name} is the last active owner: make somebody else an owner first.`,
    { status: 409, details: { id: before.id } },
  );
}

function isOwner({ active, roleIds }: User, ownerRoleId: string): boolean {
  return active && roleIds.includes(ownerRoleId);
}
