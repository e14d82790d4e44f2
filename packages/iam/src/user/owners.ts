import type { Role, User } from "@crmessenger/kernel/iam";
import { where } from "@crmessenger/kernel/infrastructure";
import { everyPage } from "../record/every-page.ts";
import { OWNER_ROLE } from "../role/built-in-roles.ts";
import type { IamServices } from "../services.ts";

/** The role that may do everything, where the tenant has it. */
export async function ownerRole({ roles }: IamServices): Promise<Role | undefined> {
  return (await roles.find(where<Role>("name").eq(OWNER_ROLE), { limit: 1 })).items[0];
}

/** The active users who have the role. */
export async function activeHolders({ users }: IamServices, role: Role): Promise<readonly User[]> {
  const active = await everyPage((page) => users.find(where<User>("active").eq(true), page));
  return active.filter(({ roleIds }) => roleIds.includes(role.id));
}
