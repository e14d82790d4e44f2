import { contract } from "../contract.ts";
import type { Attributes, EntityRecord, Repository } from "../infrastructure/repository.ts";

/** A person outside: a customer or somebody who may become one. */
export interface Contact extends EntityRecord {
  readonly name: string;
  readonly ownerId: string | null;
  readonly attributes: Attributes;
}

export interface ContactRepository extends Repository<Contact> {}

export const ContactRepository = contract<ContactRepository>("sales.contact-repository", 1);
