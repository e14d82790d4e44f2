import { CrmError, DEFAULT_TENANT, covers, definePlugin } from "@crmessenger/kernel";
import { type AccessScope, type AccessSubject, Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import { type Criteria, everything, matches, nothing, where } from "@crmessenger/kernel/infrastructure";
import type { Sessions } from "../shop/sessions.ts";
import type { Staff, StaffRole } from "../shop/staff.ts";

/** What the shop's roles may do in CRMessenger, and with whose entities. */
const RIGHTS: Readonly<Record<StaffRole, Readonly<Record<string, AccessScope>>>> = {
  owner: { "*": "all" },
  sales: { "sales.*": "all", "communication.conversation.*": "all", "communication.message.*": "all" },
  barista: { "sales.lead.read": "own" },
};

/** A person of the shop as CRMessenger knows them. */
export function subjectOf({ id, role }: Staff): AccessSubject {
  return { kind: "user", id, tenantId: DEFAULT_TENANT, roles: [role], teams: [] };
}

/**
 * The shop's own sessions and roles in the place of CRMessenger's users: an Authenticator for programs that send a
 * session token as a bearer token, and a PermissionManager that knows the shop's roles.
 */
export const shopAccess = (sessions: Sessions) =>
  definePlugin({
    id: "shop-access",
    version: "1.0.0",
    provides: { authenticator: Authenticator, permissions: PermissionManager },
    boot: () => ({ provide: { authenticator: new ShopAuthenticator(sessions), permissions: new ShopPermissions() } }),
  })();

class ShopAuthenticator implements Authenticator {
  readonly signIn = elsewhere;
  readonly setPassword = elsewhere;
  readonly createApiKey = elsewhere;
  readonly revokeApiKey = elsewhere;
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  async authenticate(token: string): Promise<AccessSubject> {
    const staff = await this.#sessions.staffBy(token);
    if (staff) return subjectOf(staff);
    throw new CrmError("CRM_IAM_UNAUTHENTICATED", "Sign in to the shop first.", { status: 401 });
  }

  async signOut(token: string): Promise<void> {
    await this.#sessions.end(token);
  }
}

class ShopPermissions implements PermissionManager {
  async check({ subject, permission, target }: Parameters<PermissionManager["check"]>[0]) {
    const scope = await this.scope(subject, permission);
    const granted = scope !== nothing && (target === undefined || matches(scope, target));
    return { granted, reason: granted ? "The shop's roles grant it." : "the shop's roles don't grant it" };
  }

  async scope({ id, roles }: AccessSubject, permission: string): Promise<Criteria> {
    const rights = roles.flatMap((role) => Object.entries(RIGHTS[role as StaffRole] ?? {}));
    const scopes = rights.flatMap(([pattern, scope]) => (covers(pattern, permission) ? [scope] : []));
    if (scopes.includes("all")) return everything;
    return scopes.length > 0 ? where<{ readonly ownerId: string }>("ownerId").eq(id) : nothing;
  }
}

/** Passwords are the shop's business. */
async function elsewhere(): Promise<never> {
  throw new CrmError("CRM_SHOP_ELSEWHERE", "People and passwords are kept by the shop: sign in with POST /session.", {
    status: 501,
  });
}
