import type { RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import type { Auditor, Clock, Ids, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { AccessDirectory } from "./access/access-directory.ts";
import type { RolePermissionManager } from "./access/permission-manager.ts";
import type { ApiKeyStore } from "./authentication/api-key-store.ts";
import type { SessionStore } from "./authentication/session-store.ts";
import type { SignInLimit } from "./authentication/sign-in-limit.ts";
import type { Passwords } from "./better-auth/passwords.ts";

/** What the use cases of this plugin work with. */
export interface IamServices {
  readonly apiKeys: ApiKeyStore;
  readonly auditor: Auditor;
  readonly clock: Clock;
  readonly directory: AccessDirectory;
  readonly ids: Ids;
  readonly passwords: Passwords;
  readonly permissions: RolePermissionManager;
  readonly roles: RoleRepository;
  readonly sessions: SessionStore;
  readonly signInLimit: SignInLimit;
  readonly teams: TeamRepository;
  readonly unitOfWork: UnitOfWork;
  readonly users: UserRepository;
}
