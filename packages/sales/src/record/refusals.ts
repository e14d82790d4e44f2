import { CrmError } from "@crmessenger/kernel";
import type { EntityRecord } from "@crmessenger/kernel/infrastructure";

type Entity = "contact" | "lead" | "deal" | "pipeline";

/** The same answer for what does not exist and for what the caller may not see. */
export function notFound(what: Entity, id: string): CrmError {
  return new CrmError("CRM_SALES_NOT_FOUND", `There is no ${what} ${id}.`, {
    status: 404,
    details: { entity: what, id },
  });
}

export function outOfScope(what: Entity): CrmError {
  // Pipelines have no owner.
  const remedy = what === "pipeline" ? "that takes a grant of scope all" : "make yourself or your team its owner";
  return new CrmError(
    "CRM_SALES_OUT_OF_SCOPE",
    `You may create only a ${what} that you could see afterwards: ${remedy}.`,
    { status: 403, details: { entity: what } },
  );
}

/** Passes when the caller knew the current version, or did not care. */
export function requireVersion(record: EntityRecord, expected: number | undefined): void {
  if (expected === undefined || expected === record.version) return;
  throw new CrmError(
    "CRM_STORAGE_VERSION_CONFLICT",
    `Somebody changed ${record.id} since version ${expected}: load it again and repeat the change.`,
    {
      status: 409,
      details: { id: record.id, expected, actual: record.version },
    },
  );
}
