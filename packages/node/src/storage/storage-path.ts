import { CrmError } from "@crmessenger/kernel";
import type { StoragePath } from "@crmessenger/kernel/infrastructure";

const SEGMENT = /^[A-Za-z0-9._-]{1,200}$/;
const MAX_LENGTH = 900;

/** The path as it is; anything but the segments that `StoragePath` describes is `CRM_STORAGE_PATH`. */
export function checkStoragePath(path: StoragePath): StoragePath {
  if (typeof path === "string" && path.length <= MAX_LENGTH && path.split("/").every(isSegment)) return path;
  throw new CrmError(
    "CRM_STORAGE_PATH",
    `A storage path is made of letters, digits, ".", "_" and "-", in segments of up to 200 joined by "/", ${MAX_LENGTH} characters in all, not ${JSON.stringify(path).slice(0, 100)}.`,
    { status: 422 },
  );
}

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== "." && segment !== "..";
}
