import type { Grant } from "@crmessenger/kernel/iam";
import { type Criteria, and, everything, nothing, or, where } from "@crmessenger/kernel/infrastructure";

/** Whom a subject stands for. */
export interface Reach {
  readonly userId: string;
  /** The subject's teams and those below. */
  readonly teamIds: ReadonlySet<string>;
  /** The users of these teams. */
  readonly memberIds: ReadonlySet<string>;
}

/** Entities as scopes see them; what an entity lacks is null. */
interface Owned {
  readonly ownerId: string | null;
  readonly teamId: string | null;
}

/**
 * The condition that a record must meet to be within one of the grants.
 *
 * An entity belongs to a team when it names the team, or when it names none and its owner is in the team: contacts,
 * for one, have an owner and no team.
 */
export function scopeOfGrants(grants: readonly Grant[], reach: Reach): Criteria {
  const conditions = new Map<string, Criteria>();
  for (const grant of grants) {
    const condition = conditionOf(grant, reach);
    if (condition === everything) return everything;
    conditions.set(JSON.stringify(condition), condition);
  }
  const [first, ...others] = conditions.values();
  if (!first) return nothing;
  return others.length === 0 ? first : or(first, ...others);
}

function conditionOf({ scope, criteria }: Grant, reach: Reach): Criteria {
  if (scope === "all") return criteria ?? everything;
  const own = where<Owned>("ownerId").eq(reach.userId);
  const condition = scope === "own" || reach.teamIds.size === 0 ? own : or(own, ...ofTeams(reach));
  return criteria ? and(condition, criteria) : condition;
}

function ofTeams({ teamIds, memberIds }: Reach): readonly Criteria[] {
  const named = where<Owned>("teamId").in([...teamIds]);
  const byOwner = and(where<Owned>("teamId").isNull(), where<Owned>("ownerId").in([...memberIds]));
  return [named, byOwner];
}
