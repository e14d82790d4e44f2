import { contract } from "../contract.ts";

/**
 * How values of a custom field are compared: what an index casts them to. A value that does not fit counts as null. Text
 * that is a decimal number counts among the numbers, except where they are unique. Of a `list` an index serves
 * `includes`, and there is no order.
 */
export type AttributeKind = "text" | "number" | "boolean" | "timestamp" | "date" | "list";

/** An index over one custom field of one entity type. */
export interface AttributeIndex {
  /** The entity type, such as `lead`: one whose storage keeps `attributes`. */
  readonly entity: string;
  /** The field's name, without `attributes.`, or a path into its value: `budget.amount`. */
  readonly field: string;
  readonly kind: AttributeKind;
  /** No two live entities of a tenant share a value; null is exempt. Lists can't be unique. */
  readonly unique?: boolean;
}

/** An index, and how far it is built. */
export interface AttributeIndexState extends AttributeIndex {
  readonly status: "building" | "ready" | "failed";
  /** 0 to 1, of the entities seen so far. */
  readonly progress: number;
  /** Why it failed, in a sentence. */
  readonly failure?: string;
}

/**
 * Indexes for custom fields, made and dropped while the application runs, so that Criteria and sorts over
 * `attributes.<field>` cost what they cost over a property. They belong to the tenant of the execution context. Verified by
 * `describeAttributeIndexes` in `@crmessenger/testing`.
 *
 * - Building does not block writers (on PostgreSQL, `CREATE INDEX CONCURRENTLY`), and survives a restart: `ensure`
 *   repeated goes on or starts over.
 * - It can't run inside a unit of work: there it is `CRM_ATTRIBUTE_INDEX_IN_UNIT` (500).
 */
export interface AttributeIndexes {
  /**
   * Resolves once the index serves queries; an equal one that exists is fine, and another one of the field is replaced.
   * Rejects with
   * `CRM_ATTRIBUTE_INDEX_ENTITY` (422) for an entity without custom fields, `CRM_ATTRIBUTE_INDEX_UNIQUE` (422) for a
   * unique one of lists, and `CRM_STORAGE_DUPLICATE` (409,
   * details.values: up to ten) when a unique one meets equal values.
   */
  ensure(index: AttributeIndex): Promise<void>;
  /** Answers whether there was one. */
  drop(index: Pick<AttributeIndex, "entity" | "field">): Promise<boolean>;
  states(entity?: string): Promise<readonly AttributeIndexState[]>;
}

export const AttributeIndexes = contract<AttributeIndexes>("infrastructure.attribute-indexes", 1);
