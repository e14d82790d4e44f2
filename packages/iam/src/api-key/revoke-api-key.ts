import { type Handler, handle } from "@crmessenger/kernel";
import { type Authenticator, RevokeApiKey } from "@crmessenger/kernel/iam";
import { reachesUser } from "../access/user-scope.ts";
import { notFound } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";

/** Serves `RevokeApiKey`: with scope own for the caller's keys, with a wider one for those of other users. */
export function revokeApiKey({ apiKeys, users }: IamServices, authenticator: Authenticator): Handler {
  return handle(RevokeApiKey, async ({ id }, context) => {
    const key = await apiKeys.byId(id);
    const holder = key && (await users.get(key.userId));
    if (!holder || !reachesUser(await context.scope(), holder)) throw notFound("api-key", id);
    await authenticator.revokeApiKey(id);
    return {};
  });
}
