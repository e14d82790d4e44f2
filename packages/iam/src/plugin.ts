import { definePlugin } from "@crmessenger/kernel";
import {
  Authenticator,
  IamHooks,
  PermissionManager,
  RoleRepository,
  TeamRepository,
  UserRepository,
} from "@crmessenger/kernel/iam";
import { Auditor, Clock, Collections, Ids, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { AccessDirectory } from "./access/access-directory.ts";
import { RolePermissionManager } from "./access/permission-manager.ts";
import { createApiKey } from "./api-key/create-api-key.ts";
import { revokeApiKey } from "./api-key/revoke-api-key.ts";
import { ApiKeyStore } from "./authentication/api-key-store.ts";
import { CollectionsAuthenticator } from "./authentication/authenticator.ts";
import { SessionStore } from "./authentication/session-store.ts";
import { SignInLimit } from "./authentication/sign-in-limit.ts";
import { accounts } from "./better-auth/accounts.ts";
import { Passwords } from "./better-auth/passwords.ts";
import { listRoles } from "./role/list-roles.ts";
import { saveRole } from "./role/save-role.ts";
import { seedRoles } from "./role/seed-roles.ts";
import type { IamServices } from "./services.ts";
import { createTeam } from "./team/create-team.ts";
import { createUser } from "./user/create-user.ts";
import { getMe } from "./user/get-me.ts";
import { listUsers } from "./user/list-users.ts";
import { serveSeedOwner } from "./user/serve-seed-owner.ts";
import { updateUser } from "./user/update-user.ts";
import { version } from "./version.ts";

const WEEK_MS = 604_800_000;

const options = z.strictObject({
  /** Milliseconds from signing in until one has to do so again. Default: a week. */
  sessionLifetimeMs: z.number().int().positive().default(WEEK_MS),
  /** Milliseconds until a change of roles, teams or users made by another process shows here. Default 5 000. */
  accessCacheMs: z.number().int().nonnegative().default(5_000),
});

/** Users, teams, roles as data, and who is calling. */
export const iam = definePlugin({
  id: "iam",
  version,
  deps: {
    auditor: Auditor,
    clock: Clock,
    collections: Collections,
    ids: Ids,
    roles: RoleRepository,
    teams: TeamRepository,
    unitOfWork: UnitOfWork,
    users: UserRepository,
  },
  provides: { authenticator: Authenticator, permissions: PermissionManager },
  options,
  permissions: ["iam.*"],
  hooks: [IamHooks.accessVoter],
  boot({ collections, ...given }, context) {
    const { accessCacheMs, sessionLifetimeMs } = context.options;
    const directory = new AccessDirectory(given, accessCacheMs);
    const permissions = new RolePermissionManager(directory, context.hook(IamHooks.accessVoter));
    const sessions = new SessionStore(collections, given.clock);
    const services: IamServices = {
      ...given,
      apiKeys: new ApiKeyStore(collections, given.clock),
      directory,
      passwords: new Passwords(
        { ...given, accounts: collections.open(accounts), logger: context.logger, sessions },
        sessionLifetimeMs,
      ),
      permissions,
      sessions,
      signInLimit: new SignInLimit(collections, given.clock),
    };
    const authenticator = new CollectionsAuthenticator(services);
    return {
      provide: { authenticator, permissions },
      handlers: [
        createUser(services),
        updateUser(services),
        listUsers(services),
        getMe(services),
        serveSeedOwner(services),
        createTeam(services),
        saveRole(services),
        listRoles(services),
        createApiKey(authenticator),
        revokeApiKey(services, authenticator),
      ],
      start: () => seedRoles(services),
    };
  },
});
