import { type Handler, answer, executionContext } from "@crmessenger/kernel";
import { GetMe } from "@crmessenger/kernel/iam";
import { unauthenticated } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";

/** Serves `GetMe`. A plugin or the system is nobody: `CRM_IAM_UNAUTHENTICATED`. */
export function getMe({ users }: IamServices): Handler {
  return answer(GetMe, async () => {
    const { actor } = executionContext();
    const user = actor.kind === "user" ? await users.get(actor.id) : undefined;
    if (user && user.deletedAt === null) return user;
    throw unauthenticated("Nobody is signed in: call this with a user's token or API key.");
  });
}
