import { type Handler, handle } from "@crmessenger/kernel";
import { CreateUser } from "@crmessenger/kernel/iam";
import { refuseEscalation } from "../access/refuse-escalation.ts";
import { reachesUser } from "../access/user-scope.ts";
import { outOfScope } from "../record/refusals.ts";
import { requireRoles } from "../role/require-roles.ts";
import { requireProfile } from "./require-profile.ts";
import type { IamServices } from "../services.ts";
import { requireTeams } from "../team/require-teams.ts";
import { addUser } from "./add-user.ts";

/**
 * Serves `CreateUser`, in a unit of work of its own: the password is hashed before it begins, and no digest of the
 * input, password included, is kept for retries. A repeated call is refused because the address is taken.
 */
export function createUser(services: IamServices): Handler {
  return handle(
    CreateUser,
    async ({ password, ...input }, context) => {
      requireProfile(input);
      const passwordHash = password === undefined ? undefined : await services.passwords.hash(password);
      return services.unitOfWork.run(async () => {
        const scope = await context.scope();
        const user = { id: services.ids.next(), ...input, active: true };
        const roles = await requireRoles(services, user.roleIds);
        await requireTeams(services, user.teamIds, scope);
        if (!reachesUser(scope, user)) throw outOfScope("a user outside your teams: name a team of yours");
        await refuseEscalation(
          roles.flatMap(({ grants }) => grants),
          services.permissions,
        );
        return addUser(services, { user, passwordHash, action: CreateUser.name });
      });
    },
    { unitOfWork: "own" },
  );
}
