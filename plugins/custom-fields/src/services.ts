import type { AttributeHolderKind, AttributeHolders, FieldFormulas } from "@crmessenger/kernel/extensibility";
import type {
  AttributeIndexes,
  Auditor,
  Collection,
  EventDispatcher,
  Jobs,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import type { FieldAccess } from "./access/field-access.ts";
import type { FieldCatalogue } from "./definitions/field-catalogue.ts";
import type { StoredField } from "./definitions/field-collection.ts";
import { unknownEntity } from "./definitions/field-errors.ts";

/** What the parts of this plugin work with. */
export interface FieldServices {
  readonly access: FieldAccess;
  readonly auditor: Auditor;
  readonly catalogue: FieldCatalogue;
  readonly events: EventDispatcher;
  readonly fields: Collection<StoredField>;
  readonly formulas: FieldFormulas;
  readonly holders: AttributeHolders;
  readonly indexes: AttributeIndexes;
  readonly jobs: Jobs;
  readonly unitOfWork: UnitOfWork;
}

/** The kind of entity, or `CRM_FIELD_ENTITY`. */
export function holderOf({ holders }: Pick<FieldServices, "holders">, entity: string): AttributeHolderKind {
  const kinds = holders.all();
  const found = kinds.find(({ name }) => name === entity);
  if (found) return found;
  throw unknownEntity(
    entity,
    kinds.map(({ name }) => name),
  );
}
