import { contract } from "../contract.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/**
 * One way a contact is known: a provider's user id, a phone number, a username. Nothing is keyed by phone or chat
 * id alone, since both change; an identity can gain aliases later and move with a merge.
 */
export interface ChannelIdentity extends EntityRecord {
  readonly contactId: string;
  /** The namespace the value is unique in: a channel type (`telegram`), or `phone`, `email`. */
  readonly kind: string;
  /** Normalised: a provider id as is, phones in E.164, e-mail in lower case. */
  readonly value: string;
  /** Other values of the same kind that mean the same identity (a number before a format change). */
  readonly aliases: readonly string[];
  /** Whether the provider vouches for it, rather than the person claiming it. */
  readonly verified: boolean;
}

export interface ChannelIdentityRepository extends Repository<ChannelIdentity> {}

export const ChannelIdentityRepository = contract<ChannelIdentityRepository>("sales.channel-identity-repository", 1);

/** An identity as a channel reports it. */
export interface IdentityClaim {
  readonly kind: string;
  readonly value: string;
  readonly verified: boolean;
}
