import { CrmError } from "@crmessenger/kernel";
import type { AccessSubject, ApiKey, Authenticator, SignIn, User } from "@crmessenger/kernel/iam";
import type { Timestamp } from "@crmessenger/kernel/infrastructure";
import type { IamServices } from "../services.ts";
import { changesBetween } from "../record/changes-between.ts";
import { notFound, unauthenticated } from "../record/refusals.ts";
import { ApiKeyStore } from "./api-key-store.ts";

const LONGEST_PASSWORD = 200;

type KeyOptions = { readonly name: string; readonly permissions?: readonly string[]; readonly expiresAt?: Timestamp };

/** Passwords by better-auth, sessions and API keys in our own collections. */
export class CollectionsAuthenticator implements Authenticator {
  readonly #services: IamServices;

  constructor(services: IamServices) {
    this.#services = services;
  }

  /** Two look-ups by key, whoever calls. */
  async authenticate(token: string): Promise<AccessSubject> {
    const { apiKeys, sessions } = this.#services;
    if (!ApiKeyStore.isKey(token)) return subjectOf(await this.#activeUser((await sessions.find(token))?.userId));
    const key = await apiKeys.find(token);
    const subject = subjectOf(await this.#activeUser(key?.userId));
    return key?.permissions ? { ...subject, permissions: key.permissions } : subject;
  }

  async signIn({ email, password }: { readonly email: string; readonly password: string }): Promise<SignIn> {
    const { passwords, sessions, signInLimit } = this.#services;
    const address = email.trim().toLowerCase();
    await signInLimit.begin(address);
    const begun = password.length > LONGEST_PASSWORD ? undefined : await passwords.signIn(address, password);
    if (!begun) throw unauthenticated("The e-mail address or the password is wrong.");
    await signInLimit.succeeded(address);
    await sessions.forgetExpired(begun.userId);
    const session = await sessions.find(begun.token);
    if (!session) throw unauthenticated();
    return { ...begun, expiresAt: session.expiresAt };
  }

  signOut(token: string): Promise<void> {
    return this.#services.sessions.end(token);
  }

  async setPassword(userId: string, password: string): Promise<void> {
    const { auditor, passwords, sessions, unitOfWork, users } = this.#services;
    const hash = await passwords.hash(password);
    await unitOfWork.run(async () => {
      const user = await users.get(userId, { lock: true });
      if (!user || user.deletedAt !== null) throw notFound("user", userId);
      await passwords.set(userId, hash);
      await sessions.endAll(userId);
      await auditor.track([{ action: "iam.user.set-password", target: { type: "user", id: userId } }]);
    });
  }

  async createApiKey(userId: string, { name, permissions, expiresAt }: KeyOptions): Promise<ApiKey> {
    const { apiKeys, auditor, clock, ids, unitOfWork, users } = this.#services;
    if (expiresAt !== undefined && Date.parse(expiresAt) <= clock.now()) {
      throw new CrmError(
        "CRM_IAM_API_KEY_EXPIRED",
        "The API key would have expired already: choose a later expiresAt.",
        { status: 422, details: { expiresAt } },
      );
    }
    return unitOfWork.run(async () => {
      const user = await users.get(userId);
      if (!user || !isUsable(user)) throw notFound("user", userId);
      const record = {
        id: ids.next(),
        userId,
        name,
        permissions: permissions ? [...permissions] : null,
        expiresAt: expiresAt ?? null,
      };
      const key = await apiKeys.create(record);
      await auditor.track([
        {
          action: "iam.api-key.create",
          target: { type: "api-key", id: key.id },
          changes: changesBetween(undefined, record),
        },
      ]);
      return key;
    });
  }

  /** An unknown key is fine: it is as revoked as one can be. */
  async revokeApiKey(id: string): Promise<void> {
    const { apiKeys, auditor, unitOfWork } = this.#services;
    await unitOfWork.run(async () => {
      if (await apiKeys.revoke(id))
        await auditor.track([{ action: "iam.api-key.revoke", target: { type: "api-key", id } }]);
    });
  }

  async #activeUser(userId: string | undefined): Promise<User> {
    const user = userId === undefined ? undefined : await this.#services.users.get(userId);
    if (user && isUsable(user)) return user;
    throw unauthenticated();
  }
}

function isUsable(user: User): boolean {
  return user.active && user.deletedAt === null;
}

function subjectOf({ id, tenantId, roleIds, teamIds }: User): AccessSubject {
  return { kind: "user", id, tenantId, roles: roleIds, teams: teamIds };
}
