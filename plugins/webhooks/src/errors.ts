import { CrmError } from "@crmessenger/kernel";

/** The same answer for what does not exist and for what the caller may not reach. */
export function notFound(what: "subscription" | "delivery", id: string): CrmError {
  return new CrmError("CRM_WEBHOOK_NOT_FOUND", `There is no webhook ${what} ${id}.`, { status: 404, details: { id } });
}

export function disabled(id: string): CrmError {
  return new CrmError("CRM_WEBHOOK_DISABLED", `The webhook subscription ${id} is disabled: enable it first.`, {
    status: 409,
    details: { id },
  });
}

export function invalid(field: string, message: string, details: Readonly<Record<string, unknown>> = {}): CrmError {
  return new CrmError("CRM_WEBHOOK_INVALID", message, { status: 422, details: { ...details, field } });
}
