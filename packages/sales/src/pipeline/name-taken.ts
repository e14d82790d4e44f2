import { CrmError, isCrmError } from "@crmessenger/kernel";

/** What a failed write of a pipeline means for its caller. */
export function nameTaken(error: unknown, name: string): unknown {
  if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) return error;
  return new CrmError("CRM_SALES_PIPELINE_TAKEN", `There is a pipeline "${name}" already: choose another name.`, {
    status: 409,
    details: { name },
    cause: error,
  });
}
