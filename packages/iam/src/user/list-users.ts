import { type Handler, answer } from "@crmessenger/kernel";
import { ListUsers } from "@crmessenger/kernel/iam";
import { everything } from "@crmessenger/kernel/infrastructure";
import { reachesUser } from "../access/user-scope.ts";
import type { IamServices } from "../services.ts";

/**
 * Serves `ListUsers`. A user's teams are a list, which criteria can't look into, so a narrower scope is applied to
 * each page after it was read: such pages may be shorter than asked for, and `next` tells whether more follow.
 */
export function listUsers({ users }: IamServices): Handler {
  return answer(ListUsers, async (request, { scope }) => {
    const page = await users.find(everything, request);
    return scope === everything ? page : { ...page, items: page.items.filter((user) => reachesUser(scope, user)) };
  });
}
