import { executionContext } from "../context/execution-context.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { AttributeIndex } from "./attribute-indexes.ts";

/** For storages: `CRM_ATTRIBUTE_INDEX_UNIQUE` for an index that can't be. */
export function requireIndexable({ entity, field, kind, unique = false }: AttributeIndex): void {
  if (kind !== "list" || !unique) return;
  throw new CrmError("CRM_ATTRIBUTE_INDEX_UNIQUE", `Lists such as "${field}" can't be unique.`, {
    status: 422,
    details: { entity, field },
  });
}

/** For storages: `CRM_ATTRIBUTE_INDEX_IN_UNIT` inside a unit of work, which building an index can't wait for. */
export function requireNoUnitForIndex(): void {
  if (!executionContext().unitOfWork) return;
  throw new CrmError(
    "CRM_ATTRIBUTE_INDEX_IN_UNIT",
    "Indexes of custom fields are made outside units of work: enqueue a job that does it.",
  );
}
