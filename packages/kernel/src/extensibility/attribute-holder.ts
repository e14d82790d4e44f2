import { contract, registryReach } from "../contract.ts";
import type { Criteria, CriteriaSubject } from "../infrastructure/criteria.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { Page, PageRequest } from "../infrastructure/page.ts";
import type { Attributes } from "../infrastructure/repository.ts";

/** An entity that can hold custom fields: leads, contacts, and whatever a plugin stores with `attributes`. */
export interface AttributeHolder {
  readonly attributes: Attributes;
}

/** An entity as criteria see it, with what stands in `attributes`. */
export type HolderSubject = CriteriaSubject & AttributeHolder;

/** An operation through which entities of a kind leave the application. */
export interface HolderOperation {
  /** Its name, such as `sales.lead.list`. */
  readonly operation: string;
  /**
   * Where its answer holds them, as a path: empty for the answer itself, `items` for a page, `contact` for a part. A path
   * that ends at a list means each of its items; one that leads nowhere means none.
   */
  readonly at: string;
}

/** A kind of entity with custom fields. `name` is the entity type, such as `lead`. */
export interface AttributeHolderKind extends Named {
  readonly label: string;
  /**
   * The property that `required` by state looks at, and the states there are; null for entities without states. States
   * that are data of a tenant, such as the stages of its pipelines, are not listed: `values` is null, and none is refused.
   */
  readonly state: { readonly field: string; readonly values: readonly string[] | null } | null;
  /** Permissions that reading and changing the entity take: those of its fields come on top. */
  readonly permissions: { readonly read: string; readonly write: string };
  /**
   * Every operation that answers with such entities. Values that the actor may not read are taken out of their answers,
   * and `criteria` and `sort` of their inputs can't name such fields.
   */
  readonly operations: readonly HolderOperation[];
  /** The entities of these ids as criteria see them, `id`, `version` and `attributes` included; unknown ones are left out. */
  getMany(ids: readonly string[]): Promise<readonly HolderSubject[]>;
  /** Live entities that match, whoever may see them: for checks and conversions of stored values. */
  find(criteria: Criteria, page?: PageRequest): Promise<Page<HolderSubject>>;
  /**
   * Stores other values of custom fields, null to remove one, in the current unit of work and with all that goes with a
   * change of such an entity: hooks, audit, events. `CRM_STORAGE_VERSION_CONFLICT` for an outdated version.
   */
  setAttributes(id: string, version: number, patch: Attributes): Promise<void>;
}

/** The entities that can hold custom fields. */
export interface AttributeHolders extends Registry<AttributeHolderKind> {}

export const AttributeHolders = contract<AttributeHolders>("extensibility.attribute-holders", 1, registryReach);
