import { contract, registryReach } from "../contract.ts";
import type { Json, JsonObject } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { Attributes } from "../infrastructure/repository.ts";
import type { HolderSubject } from "./attribute-holder.ts";
import type { AttachedField, FieldDefinition, FieldType } from "./field-definition.ts";

/** The value of one field of one entity, with the definition it was written under. */
export interface FieldValue {
  readonly field: AttachedField;
  /** Null: no value. */
  readonly value: Json;
}

/** A change of an entity's custom fields, before it is stored. */
export interface AttributeChange {
  /** The entity type. */
  readonly entity: string;
  /** The entity as it will be, with the attributes that the caller wants. */
  readonly next: HolderSubject;
  /** The entity as it is; null when it is being created. */
  readonly previous: HolderSubject | null;
}

/** What became of a change of type. */
export interface TypeChange {
  readonly field: AttachedField;
  readonly converted: number;
  /** Entities whose value has no meaning in the new type, up to 100, with the value. */
  readonly rejected: readonly { readonly id: string; readonly value: Json }[];
}

/**
 * Keeps custom fields: their definitions, and what may stand in `attributes`. Verified by `describeCustomFieldManager` in
 * `@crmessenger/testing`.
 *
 * Definitions are part of the current unit of work where there is one, and audited. Values live in the entity and are
 * written by its owner. Errors: `CRM_FIELD_ENTITY` (422) for an entity without custom fields, `CRM_FIELD_NOT_FOUND`
 * (404), `CRM_FIELD_NAME_TAKEN` (409; archived fields keep their names), `CRM_FIELD_DEFINITION` (422, details.issues),
 * `CRM_FIELD_OF_PLUGIN` (409) for a change to a field that a plugin declares.
 */
export interface CustomFieldManager {
  attachField(entity: string, definition: FieldDefinition): Promise<AttachedField>;
  /** Changes everything but name and type, if `version` is still the stored one (`CRM_STORAGE_VERSION_CONFLICT`). */
  updateField(entity: string, version: number, definition: FieldDefinition): Promise<AttachedField>;
  /**
   * Changes the type and converts every value, in one unit of work; more than 50 000 values are `CRM_FIELD_TOO_MANY` (422).
   * With `dryRun` it only counts. When some values have no meaning in the new
   * type, nothing changes unless `dropRejected` says that those become null.
   */
  changeType(
    entity: string,
    name: string,
    type: FieldType,
    options: { readonly dryRun: boolean; readonly dropRejected: boolean },
  ): Promise<TypeChange>;
  /** Archives or restores; repeating it is fine. */
  setArchived(entity: string, name: string, archived: boolean): Promise<AttachedField>;
  /** In order of group and order, archived ones included. */
  fields(entity: string): Promise<readonly AttachedField[]>;
  /** Those that the actor may read, without archived ones. */
  readableFields(entity: string): Promise<readonly AttachedField[]>;
  /**
   * What to store for a change: checked, normalised, with defaults and computed values. For owners of entities, once a
   * write, inside its unit of work. `CRM_FIELD_INVALID` (422, details.issues with the names) lists everything that is
   * wrong; unknown names are wrong, values of archived fields are kept as they are. `CRM_FIELD_FORBIDDEN` (403) for fields
   * that the actor may not write. What is required is asked of a user who creates the entity or changes its fields, of
   * whoever moves it to another state, and of whoever takes the value away: a lead that a first message makes is never
   * held up. Uniqueness is the index's business.
   */
  apply(change: AttributeChange): Promise<Attributes>;
  /** What the actor may read of an entity; fields without a value are there with null. */
  getValues(entity: string, holder: HolderSubject): Promise<readonly FieldValue[]>;
  /** One value; null when there is none. `CRM_FIELD_NOT_FOUND` for an unknown or unreadable name. */
  getValue(entity: string, holder: HolderSubject, name: string): Promise<Json>;
  /** JSON Schema (2020-12) of the entity's `attributes` as the actor may write them. */
  jsonSchema(entity: string): Promise<JsonObject>;
}

export const CustomFieldManager = contract<CustomFieldManager>("extensibility.custom-field-manager", 1);

/** A computation behind computed fields: of the entity alone, without effects, the same answer for the same entity. */
export interface FieldFormula extends Named {
  compute(holder: HolderSubject): Promise<Json>;
}

/** The formulas that computed fields can name. */
export interface FieldFormulas extends Registry<FieldFormula> {}

export const FieldFormulas = contract<FieldFormulas>("extensibility.field-formulas", 1, registryReach);
