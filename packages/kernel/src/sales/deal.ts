import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { Attributes, EntityRecord, Repository } from "../infrastructure/repository.ts";
import type { Money } from "./money.ts";
import type { OwnerId } from "./owner-id.ts";

/** A sale that is being made. It stands on one stage of one pipeline. */
export interface Deal extends EntityRecord {
  readonly title: string;
  readonly pipelineId: string;
  readonly stageId: string;
  readonly stageChangedAt: Timestamp;
  /** In the pipeline's currency; null while nobody knows. */
  readonly amount: Money | null;
  readonly contactId: string | null;
  readonly companyId: string | null;
  /** The lead it was converted from. */
  readonly leadId: string | null;
  readonly ownerId: OwnerId | null;
  readonly teamId: string | null;
  /** When it reached a `won` or `lost` stage; null while it is open. */
  readonly closedAt: Timestamp | null;
  readonly attributes: Attributes;
}

/** Deals, as any repository. */
export interface DealRepository extends Repository<Deal> {}

export const DealRepository = contract<DealRepository>("sales.deal-repository", 1);
