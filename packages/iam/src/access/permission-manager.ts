import { type GuardHook, covers, executionContext } from "@crmessenger/kernel";
import type { AccessDecision, AccessRequest, AccessSubject, Grant, PermissionManager } from "@crmessenger/kernel/iam";
import { type Criteria, everything, matches, nothing } from "@crmessenger/kernel/infrastructure";
import type { AccessDirectory } from "./access-directory.ts";
import { scopeOfGrants } from "./scope-of-grants.ts";
import { withTeamsBelow } from "./team-tree.ts";

/** Decides by the roles as data, then by the plugins that vote. */
export class RolePermissionManager implements PermissionManager {
  readonly #directory: AccessDirectory;
  readonly #voters: GuardHook<AccessRequest>;

  constructor(directory: AccessDirectory, voters: GuardHook<AccessRequest>) {
    this.#directory = directory;
    this.#voters = voters;
  }

  async check(request: AccessRequest): Promise<AccessDecision> {
    const obstacle = obstacleOf(request);
    if (obstacle !== undefined) return { granted: false, reason: obstacle };
    const votes = await this.#voters.decide(request);
    if (votes.denied) return { granted: false, reason: `plugin "${votes.plugin}" denies it: ${votes.reason}` };
    const scope = await this.#scopeByRoles(request.subject, request.permission);
    if (scope !== nothing && (request.target === undefined || matches(scope, request.target))) {
      return {
        granted: true,
        reason: request.subject.kind === "plugin" ? "the plugin declared it" : "a role grants it",
      };
    }
    if (votes.allows > 0) return { granted: true, reason: "a plugin allows it" };
    return {
      granted: false,
      reason: scope === nothing ? "none of the caller's roles grants it" : "the caller's roles don't reach this one",
    };
  }

  async scope(subject: AccessSubject, permission: string): Promise<Criteria> {
    if (obstacleOf({ subject, permission }) !== undefined) return nothing;
    const votes = await this.#voters.decide({ subject, permission });
    return votes.denied ? nothing : this.#scopeByRoles(subject, permission);
  }

  async #scopeByRoles(subject: AccessSubject, permission: string): Promise<Criteria> {
    if (subject.kind === "plugin") return everything; // that it declared the permission was checked before
    const { roles, teams } = await this.#directory.policies();
    const grants = subject.roles
      .flatMap((id) => roles.get(id)?.grants ?? [])
      .filter((grant) => covers(grant.permission, permission));
    const needsTeams = subject.teams.length > 0 && grants.some((grant) => grant.scope === "team");
    const teamIds = needsTeams ? withTeamsBelow(subject.teams, teams) : NOBODY;
    const memberIds = needsTeams ? await this.#membersOf(teamIds) : NOBODY;
    return scopeOfGrants(grants, { userId: subject.id, teamIds, memberIds });
  }

  async #membersOf(teamIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const members = await this.#directory.members();
    return new Set([...teamIds].flatMap((id) => [...(members.get(id) ?? [])]));
  }

  /** Every grant of the subject's roles, whatever it permits. */
  async grantsOf(subject: AccessSubject): Promise<readonly Grant[]> {
    const { roles } = await this.#directory.policies();
    return subject.roles.flatMap((id) => roles.get(id)?.grants ?? []);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** What no role and no voter can overcome. */
function obstacleOf({ subject, permission }: Pick<AccessRequest, "subject" | "permission">): string | undefined {
  if (subject.tenantId !== executionContext().tenantId) return "the caller belongs to another tenant";
  const declared = subject.permissions ?? (subject.kind === "plugin" ? [] : undefined);
  if (!declared || declared.some((pattern) => covers(pattern, permission))) return undefined;
  return subject.kind === "plugin" ? "the plugin did not declare it" : "the API key is limited to other permissions";
}
