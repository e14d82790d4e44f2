import { CrmError } from "@crmessenger/kernel";
import { translateError } from "../database/translate-error.ts";

/** MikroORM wraps what the connection throws in a DriverException that copies its fields; this takes it out again. */
export function translateOrmError(thrown: unknown): CrmError {
  if (!isWrapped(thrown)) return translateError(thrown);
  const { code, message, details, status, retryable, cause } = thrown;
  return new CrmError(code, message, { details, status, retryable, cause });
}

function isWrapped(thrown: unknown): thrown is CrmError {
  return (
    thrown instanceof Error &&
    thrown.name.endsWith("Exception") &&
    String((thrown as { code?: unknown }).code).startsWith("CRM_")
  );
}
