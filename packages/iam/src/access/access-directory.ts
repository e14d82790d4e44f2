import { executionContext } from "@crmessenger/kernel";
import type { Role, RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import { type Clock, type UnitOfWork, everything } from "@crmessenger/kernel/infrastructure";
import { everyPage } from "../record/every-page.ts";
import { type TeamTree, treeOf } from "./team-tree.ts";
import { TenantCache } from "./tenant-cache.ts";

export interface Policies {
  /** By id. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly teams: TeamTree;
}

/** The ids of the users of each team, by team id. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>;

export interface DirectoryServices {
  readonly clock: Clock;
  readonly roles: RoleRepository;
  readonly teams: TeamRepository;
  readonly unitOfWork: UnitOfWork;
  readonly users: UserRepository;
}

/**
 * What access is decided by: roles, teams and who belongs to them, cached by tenant. A change made through this
 * plugin shows at once in this process; other processes see it when their copy is older than `ttlMs`.
 */
export class AccessDirectory {
  readonly #policies: TenantCache<Policies>;
  readonly #members: TenantCache<Members>;
  readonly #unitOfWork: UnitOfWork;
  /** Units of work that changed something and have not ended. */
  readonly #changed = new WeakSet<object>();

  constructor({ clock, roles, teams, unitOfWork, users }: DirectoryServices, ttlMs: number) {
    const caching = { clock, ttlMs };
    this.#policies = new TenantCache(() => loadPolicies(roles, teams), caching);
    this.#members = new TenantCache(() => loadMembers(users), caching);
    this.#unitOfWork = unitOfWork;
  }

  policies(): Promise<Policies> {
    return this.#policies.get((unit) => this.#changed.has(unit));
  }

  members(): Promise<Members> {
    return this.#members.get((unit) => this.#changed.has(unit));
  }

  /** Called within the unit of work that changes users, roles or teams. */
  async changed(): Promise<void> {
    await this.#unitOfWork.run(async (unit) => {
      const { tenantId, unitOfWork } = executionContext();
      if (unitOfWork) this.#changed.add(unitOfWork);
      unit.afterCommit(() => {
        this.#policies.forget(tenantId);
        this.#members.forget(tenantId);
      });
    });
  }
}

async function loadPolicies(roles: RoleRepository, teams: TeamRepository): Promise<Policies> {
  const found = await everyPage((page) => roles.find(everything, page));
  const tree = treeOf(await everyPage((page) => teams.find(everything, page)));
  return { roles: new Map(found.map((role) => [role.id, role])), teams: tree };
}

async function loadMembers(users: UserRepository): Promise<Members> {
  const members = new Map<string, Set<string>>();
  for (const user of await everyPage((page) => users.find(everything, page))) {
    for (const teamId of user.teamIds) {
      const team = members.get(teamId);
      if (team) team.add(user.id);
      else members.set(teamId, new Set([user.id]));
    }
  }
  return members;
}
