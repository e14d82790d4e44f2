import { CrmError, type ExecutionContext, type Kernel } from "@crmessenger/kernel";
import { type User, UserRepository } from "@crmessenger/kernel/iam";
import { where } from "@crmessenger/kernel/infrastructure";

/** The context of what a user does, by id or e-mail address; `CRM_CLI_UNKNOWN_USER` when there is no active one. */
export async function callerOf(kernel: Kernel, user: string): Promise<Partial<ExecutionContext>> {
  const byWhat = user.includes("@") ? where<User>("email").eq(user.toLowerCase()) : where<User>("id").eq(user);
  const { items } = await kernel.run(() => kernel.get(UserRepository).find(byWhat));
  const found = items.find(({ active }) => active);
  if (!found) throw new CrmError("CRM_CLI_UNKNOWN_USER", `There is no active user "${user}".`);
  const { id, tenantId, roleIds, teamIds } = found;
  return {
    tenantId,
    actor: { kind: "user", id },
    subject: { kind: "user", id, tenantId, roles: roleIds, teams: teamIds },
  };
}
