import { contract } from "../contract.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/** A person who works with the CRM. How the person signs in is the Authenticator's business. */
export interface User extends EntityRecord {
  /** Unique per tenant, lower case. */
  readonly email: string;
  readonly name: string;
  readonly roleIds: readonly string[];
  readonly teamIds: readonly string[];
  /** IANA zone, such as `Europe/Moscow`. */
  readonly timeZone: string;
  /** BCP 47. */
  readonly locale: string;
  readonly active: boolean;
}

export interface UserRepository extends Repository<User> {}

export const UserRepository = contract<UserRepository>("iam.user-repository", 1);
