import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { User } from "@crmessenger/kernel/iam";
import type { NewRecord } from "@crmessenger/kernel/infrastructure";
import { changesBetween } from "../record/changes-between.ts";
import type { IamServices } from "../services.ts";

export interface Addition {
  readonly user: NewRecord<User>;
  /** Without one nobody can sign in as the user yet. */
  readonly passwordHash: string | undefined;
  readonly action: string;
}

/** Stores a new user with a password, in the current unit of work; `CRM_IAM_EMAIL_TAKEN` (409) when the address is. */
export async function addUser(services: IamServices, { user: draft, passwordHash, action }: Addition): Promise<User> {
  const user = await insert(services, draft);
  if (passwordHash !== undefined) await services.passwords.set(user.id, passwordHash);
  await services.auditor.track([
    { action, target: { type: "user", id: user.id }, changes: changesBetween(undefined, user) },
  ]);
  await services.directory.changed();
  return user;
}

async function insert({ users }: IamServices, draft: NewRecord<User>): Promise<User> {
  try {
    return await users.insert(draft);
  } catch (error) {
    if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) throw error;
    throw new CrmError("CRM_IAM_EMAIL_TAKEN", `There is a user with the e-mail address ${draft.email} already.`, {
      status: 409,
      details: { email: draft.email },
      cause: error,
    });
  }
}
