import { type Handler, handle, isCrmError } from "@crmessenger/kernel";
import type { User } from "@crmessenger/kernel/iam";
import { randomToken } from "../authentication/tokens.ts";
import { seedRoles } from "../role/seed-roles.ts";
import type { IamServices } from "../services.ts";
import { addUser } from "./add-user.ts";
import { activeHolders, ownerRole } from "./owners.ts";
import { SeedOwner } from "./seed-owner.ts";

const PASSWORD_LENGTH = 24;

/** Serves `SeedOwner`, in a unit of work of its own: the answer holds a password and is kept nowhere. */
export function serveSeedOwner(services: IamServices): Handler {
  return handle(
    SeedOwner,
    async ({ email, name }) => {
      await seedRoles(services);
      const existing = await findOwner(services, email);
      if (existing) return { userId: existing.id };
      const password = randomToken().slice(0, PASSWORD_LENGTH);
      const passwordHash = await services.passwords.hash(password);
      try {
        const { id } = await services.unitOfWork.run(() => create(services, { email, name, passwordHash }));
        return { userId: id, password };
      } catch (error) {
        // Another process seeds too and was faster.
        const owner = isCrmError(error, "CRM_IAM_EMAIL_TAKEN") ? await findOwner(services, email) : undefined;
        if (owner) return { userId: owner.id };
        throw error;
      }
    },
    { unitOfWork: "own" },
  );
}

/** The owner with this address, or else the first there is. */
async function findOwner(services: IamServices, email: string): Promise<User | undefined> {
  const role = await ownerRole(services);
  const owners = role ? await activeHolders(services, role) : [];
  return (
    owners.find((owner) => owner.email === email) ?? owners.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))[0]
  );
}

async function create(
  services: IamServices,
  given: { readonly email: string; readonly name: string; readonly passwordHash: string },
): Promise<User> {
  const role = await ownerRole(services);
  const { passwordHash, ...rest } = given;
  const user = {
    id: services.ids.next(),
    ...rest,
    roleIds: role ? [role.id] : [],
    teamIds: [],
    timeZone: "UTC",
    locale: "en",
    active: true,
  };
  return addUser(services, { user, passwordHash, action: SeedOwner.name });
}
