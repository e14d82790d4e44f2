import type { Plugin } from "@crmessenger/kernel";
import { CreateTeam, CreateUser, type Grant, type Role, SaveRole, type Team, type User } from "@crmessenger/kernel/iam";
import { Ids } from "@crmessenger/kernel/infrastructure";
import { type TestKernel, createTestKernel } from "../kernel/create-test-kernel.ts";
import { afterAll, beforeAll, describe, test } from "../suite/suite-api.ts";

/** How an implementation of the access contracts is handed to its suites: with the storage it works on. */
export interface IamHarness {
  /** As test reports show it. */
  readonly name: string;
  /** Plugins that provide Authenticator, PermissionManager and the handlers of users, teams and roles. New ones every time. */
  plugins(): readonly Plugin[];
}

/** What a test of access has in hand: a tenant of its own, and people in it. */
export interface IamWorld {
  readonly kernel: TestKernel;
  readonly tenantId: string;
  unique(prefix: string): string;
  user(changes?: {
    readonly roleIds?: string[];
    readonly teamIds?: string[];
    readonly password?: string;
  }): Promise<User>;
  team(name: string, parent?: Team): Promise<Team>;
  role(...grants: Grant[]): Promise<Role>;
}

export interface IamSuite {
  test(name: string, run: (world: IamWorld) => Promise<void>): void;
}

/** Describes one contract of an implementation, with extra plugins beside it. */
export function describeIam(
  harness: IamHarness,
  title: string,
  define: (suite: IamSuite) => void,
  extra: readonly Plugin[] = [],
): void {
  describe(`${harness.name}: ${title}`, () => {
    let kernel: TestKernel | undefined;
    beforeAll(async () => {
      kernel = await createTestKernel({ plugins: [...harness.plugins(), ...extra] });
    });
    afterAll(() => kernel?.stop());
    define({
      test: (name, run) =>
        test(name, async () => {
          if (!kernel) throw new Error(`"${harness.name}" did not start.`);
          const world = worldOf(kernel);
          await kernel.run(() => run(world), { tenantId: world.tenantId });
        }),
    });
  });
}

function worldOf(kernel: TestKernel): IamWorld {
  const ids = kernel.get(Ids);
  const unique = (prefix: string) => `${prefix}-${ids.next()}`;
  return {
    kernel,
    tenantId: ids.next(),
    unique,
    user: ({ roleIds = [], teamIds = [], password } = {}) =>
      kernel.bus.dispatch(CreateUser, {
        name: "Mara",
        email: `${unique("mara")}@example.com`,
        roleIds,
        teamIds,
        timeZone: "UTC",
        locale: "en",
        ...(password === undefined ? {} : { password }),
      }),
    team: (name, parent) => kernel.bus.dispatch(CreateTeam, { name, parentId: parent?.id ?? null }),
    role: (...grants) => kernel.bus.dispatch(SaveRole, { name: unique("role"), grants }),
  };
}
