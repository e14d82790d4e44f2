import { contract } from "../contract.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/** Whose entities a grant reaches: the user's own, those of the user's teams (and teams below), or all. */
export type AccessScope = "own" | "team" | "all";

/** One permission as a role gives it. */
export interface Grant {
  /** A name such as `sales.lead.read`; `sales.*` covers everything that begins so. */
  readonly permission: string;
  readonly scope: AccessScope;
  /** Narrows the grant to matching entities. */
  readonly criteria?: Criteria;
}

/** A set of permissions as data: an owner edits it without a developer. */
export interface Role extends EntityRecord {
  /** Unique per tenant, such as `manager`. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

export interface RoleRepository extends Repository<Role> {}

export const RoleRepository = contract<RoleRepository>("iam.role-repository", 1);
