import { contract } from "../contract.ts";
import type { Attributes, EntityRecord, Repository } from "../infrastructure/repository.ts";
import type { OwnerId } from "./owner-id.ts";

/** An organisation outside, that contacts work for and deals are made with. */
export interface Company extends EntityRecord {
  readonly name: string;
  /** Of its site, in lower case, such as `example.com`; null when unknown. */
  readonly domain: string | null;
  readonly contactIds: readonly string[];
  readonly ownerId: OwnerId | null;
  readonly teamId: string | null;
  readonly attributes: Attributes;
}

/** Companies, as any repository. */
export interface CompanyRepository extends Repository<Company> {}

export const CompanyRepository = contract<CompanyRepository>("sales.company-repository", 1);
