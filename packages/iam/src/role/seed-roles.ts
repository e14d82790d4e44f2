import { isCrmError } from "@crmessenger/kernel";
import type { Role } from "@crmessenger/kernel/iam";
import { where } from "@crmessenger/kernel/infrastructure";
import { changesBetween } from "../record/changes-between.ts";
import type { IamServices } from "../services.ts";
import { builtInRoles } from "./built-in-roles.ts";

/** Adds the built-in roles that the tenant lacks; those it has, changed or not, stay as they are. */
export async function seedRoles(services: IamServices): Promise<void> {
  const names = builtInRoles.map(({ name }) => name);
  const found = await services.roles.find(where<Role>("name").in(names));
  const known = new Set(found.items.map(({ name }) => name));
  for (const role of builtInRoles) if (!known.has(role.name)) await addRole(services, role);
}

/** In a unit of work of its own: another process that starts now may be faster, and then there is nothing to do. */
async function addRole(
  { auditor, directory, ids, roles, unitOfWork }: IamServices,
  role: Pick<Role, "name" | "grants">,
): Promise<void> {
  try {
    await unitOfWork.run(async () => {
      const { id } = await roles.insert({ id: ids.next(), ...role });
      await auditor.track([
        { action: "iam.role.seed", target: { type: "role", id }, changes: changesBetween(undefined, role) },
      ]);
      await directory.changed();
    });
  } catch (error) {
    if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) throw error;
  }
}
