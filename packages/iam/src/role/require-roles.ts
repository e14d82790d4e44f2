import type { Role } from "@crmessenger/kernel/iam";
import { unknownReference } from "../record/refusals.ts";
import type { IamServices } from "../services.ts";

/** The roles of these ids; `CRM_IAM_UNKNOWN_ROLE` names those there are not. */
export async function requireRoles({ roles }: IamServices, ids: readonly string[]): Promise<readonly Role[]> {
  if (ids.length === 0) return [];
  const found = (await roles.getMany(ids)).filter(({ deletedAt }) => deletedAt === null);
  const known = new Set(found.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw unknownReference("role", unknown);
  return found;
}
