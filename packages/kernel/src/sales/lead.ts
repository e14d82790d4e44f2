import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { Attributes, EntityRecord, Repository } from "../infrastructure/repository.ts";
import type { LeadSource } from "./lead-source.ts";
import type { LeadStatus } from "./lead-state.ts";

/**
 * Somebody's interest, before it is a deal. It knows its owner's id and nothing else about users. Version 2; `leadShape`
 * has the others.
 */
export interface Lead extends EntityRecord {
  readonly title: string;
  readonly contactId: string;
  readonly status: LeadStatus;
  /** Since when it has this status. */
  readonly statusSince: Timestamp;
  /** Why it has this status, in the words of whoever moved it; null when nobody said. */
  readonly statusReason: string | null;
  readonly source: LeadSource;
  readonly ownerId: string | null;
  /** The team that the owner acts for, for team scopes. */
  readonly teamId: string | null;
  readonly attributes: Attributes;
}

export interface LeadRepository extends Repository<Lead> {}

export const LeadRepository = contract<LeadRepository>("sales.lead-repository", 2);
