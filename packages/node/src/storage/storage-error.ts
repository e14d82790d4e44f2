import { CrmError, isCrmError } from "@crmessenger/kernel";

/** Codes that mean there is no room: on the disk, in the quota, or within the process's file size limit. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the operating system refused, as the errors that the Storage contract promises. */
export function toStorageError(error: unknown, doing: string): CrmError {
  if (isCrmError(error)) return error;
  const code = systemCode(error);
  const options = { details: { cause: code }, retryable: true, cause: error };
  if (FULL.has(code)) {
    return new CrmError("CRM_STORAGE_FULL", `There is no room for ${doing} (${code}): free some space.`, {
      ...options,
      status: 507,
    });
  }
  return new CrmError("CRM_STORAGE_UNAVAILABLE", `The disk refused ${doing} (${code}).`, { ...options, status: 503 });
}

/** The `code` of a system error, such as `ENOENT`. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unknown";
}
