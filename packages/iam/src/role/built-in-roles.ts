import type { Conversation } from "@crmessenger/kernel/communication";
import type { Grant, Role } from "@crmessenger/kernel/iam";
import { and, where } from "@crmessenger/kernel/infrastructure";

/** The role that may do everything. It can't be changed, so that nobody locks everybody out. */
export const OWNER_ROLE = "owner";

/** What belongs to nobody yet. */
const unassigned = and(where<Conversation>("ownerId").isNull(), where<Conversation>("teamId").isNull());

/** What a manager does with customers: with their own, their teams', and those nobody has taken yet. */
const managed = ["sales.*", "communication.conversation.read", "communication.message.send"].flatMap(
  (permission): Grant[] => [
    { permission, scope: "team" },
    { permission, scope: "all", criteria: unassigned },
  ],
);

/** The roles every tenant begins with. All but the owner's are data like any other afterwards. */
export const builtInRoles: readonly Pick<Role, "name" | "grants">[] = Object.freeze([
  { name: OWNER_ROLE, grants: [{ permission: "*", scope: "all" }] },
  {
    name: "manager",
    grants: [
      ...managed,
      { permission: "communication.channel.read", scope: "all" },
      { permission: "iam.user.read", scope: "all" },
      { permission: "iam.api-key.manage", scope: "own" },
    ],
  },
]);
