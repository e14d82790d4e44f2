import { contract } from "../contract.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/** A department or group. Teams form a tree: who sees a team's entities sees those of the teams below it. */
export interface Team extends EntityRecord {
  readonly name: string;
  readonly parentId: string | null;
}

export interface TeamRepository extends Repository<Team> {}

export const TeamRepository = contract<TeamRepository>("iam.team-repository", 1);
