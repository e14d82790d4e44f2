import { CrmError, covers, definePlugin } from "@crmessenger/kernel";
import { type AccessSubject, Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import { type Criteria, everything, nothing, where } from "@crmessenger/kernel/infrastructure";

const subject = (id: string, permissions?: readonly string[]): AccessSubject => ({
  kind: "user",
  id,
  tenantId: "default",
  roles: [],
  teams: [],
  ...(permissions ? { permissions } : {}),
});

/** Who may do what: `owner` everything, `clerk` what concerns own notes, `guest` nothing. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  owner: ["*"],
  clerk: ["desk.*", "infrastructure.event.read"],
  guest: [],
};

/** Knows the tokens `owner`, `clerk`, `guest` and `limited` (the owner's key for reading notes), until they are revoked. */
export class Doorman {
  readonly tokens = new Map([
    ["owner", subject("owner")],
    ["clerk", subject("clerk")],
    ["guest", subject("guest")],
    ["limited", subject("owner", ["desk.note.read"])],
  ]);
}

export function doormanPlugin(doorman: Doorman) {
  const refuse = () => new CrmError("CRM_IAM_UNAUTHENTICATED", "Sign in again.", { status: 401 });
  const authenticator: Authenticator = {
    async authenticate(token) {
      const found = doorman.tokens.get(token);
      if (!found) throw refuse();
      return found;
    },
    async signIn({ email, password }) {
      if (email === "slow@example.com") {
        throw new CrmError("CRM_IAM_TOO_MANY_ATTEMPTS", "Wait before you try again.", {
          status: 429,
          retryAfterMs: 1_200,
        });
      }
      if (password !== "correct horse") throw refuse();
      doorman.tokens.set("session", subject("owner"));
      return { token: "session", expiresAt: "2026-01-06T09:00:00.000Z", userId: "owner" };
    },
    signOut: async (token) => void doorman.tokens.delete(token),
    setPassword: async () => {},
    createApiKey: async () => ({ id: "1", key: "key" }),
    revokeApiKey: async () => {},
  };
  const grants = (id: string, permission: string) => (GRANTS[id] ?? []).some((pattern) => covers(pattern, permission));
  const scope = ({ id }: AccessSubject, permission: string): Criteria => {
    if (!grants(id, permission)) return nothing;
    return id === "clerk" ? where("ownerId").eq("clerk") : everything;
  };
  return definePlugin({
    id: "doorman",
    version: "1.0.0",
    provides: { authenticator: Authenticator, permissions: PermissionManager },
    boot: () => ({
      provide: {
        authenticator,
        permissions: {
          check: async ({ subject: { id }, permission }) =>
            grants(id, permission)
              ? { granted: true, reason: "A role grants it." }
              : { granted: false, reason: "no role grants it" },
          scope: async (who, permission) => scope(who, permission),
        },
      },
    }),
  })();
}
