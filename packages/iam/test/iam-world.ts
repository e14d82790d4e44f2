import { type Plugin, runInContext } from "@crmessenger/kernel";
import {
  type AccessSubject,
  Authenticator,
  CreateTeam,
  CreateUser,
  type Grant,
  PermissionManager,
  type Role,
  RoleRepository,
  SaveRole,
  type Team,
  type User,
} from "@crmessenger/kernel/iam";
import { type AuditRecord, Auditor, type Clock, where } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { type TestClock, type TestKernel, createTestClock, createTestKernel } from "@crmessenger/testing";
import { iam } from "../src/index.ts";

export const PASSWORD = "correct horse battery staple";

export interface IamWorld extends AsyncDisposable {
  readonly kernel: TestKernel;
  readonly clock: TestClock;
  readonly authenticator: Authenticator;
  readonly permissions: PermissionManager;
  /** A user; without a password nobody can sign in as them. */
  user(
    input?: Partial<Pick<User, "name" | "email" | "roleIds" | "teamIds">> & { readonly password?: string },
  ): Promise<User>;
  role(name: string, ...grants: readonly Grant[]): Promise<Role>;
  builtIn(name: string): Promise<Role>;
  team(name: string, parentId?: string): Promise<Team>;
  /** Runs work as this user, optionally with an API key's limit. */
  as<T>(user: User, work: () => Promise<T>, permissions?: readonly string[]): Promise<T>;
  audit(type: string, id: string): Promise<readonly AuditRecord[]>;
}

export function subjectOf(user: User, permissions?: readonly string[]): AccessSubject {
  const { id, tenantId, roleIds, teamIds } = user;
  return { kind: "user", id, tenantId, roles: roleIds, teams: teamIds, ...(permissions ? { permissions } : {}) };
}

/** IAM on a storage in memory, on a clock that stands still. */
export async function startIam(
  given: {
    readonly plugins?: readonly Plugin[];
    readonly options?: Parameters<typeof iam>[0];
    readonly clock?: Clock;
  } = {},
): Promise<IamWorld> {
  const clock = createTestClock();
  const kernel = await createTestKernel({
    plugins: [memory(), iam(given.options ?? {}), ...(given.plugins ?? [])],
    clock,
  });
  let users = 0;
  return {
    kernel,
    clock,
    authenticator: kernel.get(Authenticator),
    permissions: kernel.get(PermissionManager),
    user({ password, ...input } = {}) {
      users += 1;
      const fields = {
        name: `User ${users}`,
        email: `user${users}@example.org`,
        roleIds: [],
        teamIds: [],
        timeZone: "UTC",
        locale: "en",
      };
      return kernel.bus.dispatch(CreateUser, {
        ...fields,
        ...input,
        roleIds: [...(input.roleIds ?? [])],
        teamIds: [...(input.teamIds ?? [])],
        ...(password ? { password } : {}),
      });
    },
    role: (name, ...grants) => kernel.bus.dispatch(SaveRole, { name, grants }),
    async builtIn(name) {
      const found = await kernel.run(() => kernel.get(RoleRepository).find(where<Role>("name").eq(name)));
      if (!found.items[0]) throw new Error(`There is no role ${name}.`);
      return found.items[0];
    },
    team: (name, parentId) => kernel.bus.dispatch(CreateTeam, { name, parentId: parentId ?? null }),
    as: (user, work, permissions) =>
      kernel.run(work, { actor: { kind: "user", id: user.id }, subject: subjectOf(user, permissions) }),
    audit: (type, id) => runInContext({}, () => kernel.get(Auditor).history({ type, id })),
    [Symbol.asyncDispose]: () => kernel.stop(),
  };
}
