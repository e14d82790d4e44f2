import { DriverException } from "@mikro-orm/core";
import { CrmError } from "@crmessenger/kernel";
import { translateError } from "../database/translate-error.ts";

/** MikroORM wraps what the connection throws and copies its fields; this takes it out again. */
export function translateOrmError(thrown: unknown): CrmError {
  if (!(thrown instanceof DriverException)) return translateError(thrown);
  const { code, message, details, status, retryable, cause } = thrown as unknown as CrmError;
  return new CrmError(code, message, { details, status, retryable, cause });
}
