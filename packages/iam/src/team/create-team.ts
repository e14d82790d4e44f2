import { type Handler, handle } from "@crmessenger/kernel";
import { CreateTeam } from "@crmessenger/kernel/iam";
import { reachesTeam } from "../access/user-scope.ts";
import { changesBetween } from "../record/changes-between.ts";
import { outOfScope } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";
import { requireTeams } from "./require-teams.ts";

/** Serves `CreateTeam`. With a grant of scope team it adds teams below the caller's own. */
export function createTeam(services: IamServices): Handler {
  return handle(CreateTeam, async ({ name, parentId }, context) => {
    const scope = await context.scope();
    if (parentId !== null) await requireTeams(services, [parentId], scope);
    else if (!reachesTeam(scope, null)) throw outOfScope("the top of the tree: name a parentId");
    const team = await services.teams.insert({ id: services.ids.next(), name, parentId });
    await services.auditor.track([
      { action: CreateTeam.name, target: { type: "team", id: team.id }, changes: changesBetween(undefined, team) },
    ]);
    await services.directory.changed();
    return team;
  });
}
