import { CrmError, type Plugin } from "@crmessenger/kernel";
import type { Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import { everything } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import {
  type IamHarness,
  describeAuthenticator,
  describePermissionManager,
  failuresOf,
  runSuite,
} from "@crmessenger/testing";
import { expect, test } from "vitest";
import { iam } from "../src/index.ts";

interface Parts {
  readonly permissions: PermissionManager;
  readonly authenticator: Authenticator;
}

interface Breakage {
  readonly fault: string;
  readonly suite: (harness: IamHarness) => void;
  readonly noticedBy: string;
  readonly replace: (parts: Parts) => Partial<Parts>;
}

/** The iam plugin with a part replaced by a wrong one. */
function broken(replace: Breakage["replace"]): Plugin {
  const plugin = iam();
  const boot: Plugin["definition"]["boot"] = (services, context) => {
    const wiring = plugin.definition.boot?.(services, context) ?? {};
    const parts = wiring.provide as unknown as Parts;
    return { ...wiring, provide: { ...parts, ...replace(parts) } as never };
  };
  return { ...plugin, definition: { ...plugin.definition, boot } };
}

const bound = <T extends object>(whole: T, changes: Partial<T>): T =>
  new Proxy(whole, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

const breakages: readonly Breakage[] = [
  {
    fault: "shows everything to whom something is granted",
    suite: describePermissionManager,
    noticedBy: "reaches everything, the own, or what belongs to the teams and those below them",
    replace: ({ permissions }) => ({ permissions: bound(permissions, { scope: async () => everything }) }),
  },
  {
    fault: "forgets the limits of a key",
    suite: describePermissionManager,
    noticedBy: "limits a user's key to the permissions it was made for",
    replace: ({ permissions }) => ({
      permissions: bound(permissions, {
        check({ subject, ...request }) {
          const { kind, id, tenantId, roles, teams } = subject;
          return permissions.check({ ...request, subject: { kind, id, tenantId, roles, teams } });
        },
      }),
    }),
  },
  {
    fault: "lets a voter that fails pass",
    suite: describePermissionManager,
    noticedBy: "takes a voter that fails for one that denies",
    replace: ({ permissions }) => ({
      permissions: bound(permissions, {
        async check(request) {
          const decision = await permissions.check(request);
          return /broke|fail/i.test(decision.reason) ? { ...decision, granted: true } : decision;
        },
      }),
    }),
  },
  {
    fault: "tells an unknown address from a wrong password",
    suite: describeAuthenticator,
    noticedBy: "says the same of a wrong password, an unknown address and a user without a password",
    replace: ({ authenticator }) => ({
      authenticator: bound(authenticator, {
        async signIn(credentials) {
          if (!credentials.email.startsWith("nobody")) return authenticator.signIn(credentials);
          throw new CrmError("CRM_IAM_UNAUTHENTICATED", "There is no such user.", { status: 401 });
        },
      }),
    }),
  },
  {
    fault: "leaves the session open after signing out",
    suite: describeAuthenticator,
    noticedBy: "ends the session that is signed out, and no other",
    replace: ({ authenticator }) => ({ authenticator: bound(authenticator, { signOut: async () => undefined }) }),
  },
];

test.each(breakages)("a plugin that $fault is noticed", async ({ fault, suite, noticedBy, replace }) => {
  const harness = { name: fault, plugins: () => [memory(), broken(replace)] };
  const reports = await runSuite(() => suite(harness), { only: (name) => name === noticedBy });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
