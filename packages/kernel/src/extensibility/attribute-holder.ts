import { contract, registryReach } from "../contract.ts";
import type { CriteriaSubject } from "../infrastructure/criteria.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { Attributes } from "../infrastructure/repository.ts";

/** An entity that can hold custom fields: leads, contacts, and whatever a plugin stores with `attributes`. */
export interface AttributeHolder {
  readonly attributes: Attributes;
}

/** A kind of entity with custom fields. `name` is the entity type, such as `lead`. */
export interface AttributeHolderKind extends Named {
  readonly label: string;
  /** The property that `required` by state looks at, and the states there are; null for entities without states. */
  readonly state: { readonly field: string; readonly values: readonly string[] } | null;
  /** Permissions that reading and changing the entity take: those of its fields come on top. */
  readonly permissions: { readonly read: string; readonly write: string };
  /** The entities of these ids as criteria see them, `id`, `version` and `attributes` included; unknown ones are left out. */
  getMany(ids: readonly string[]): Promise<readonly (CriteriaSubject & AttributeHolder)[]>;
}

/** The entities that can hold custom fields. */
export interface AttributeHolders extends Registry<AttributeHolderKind> {}

export const AttributeHolders = contract<AttributeHolders>("extensibility.attribute-holders", 1, registryReach);
