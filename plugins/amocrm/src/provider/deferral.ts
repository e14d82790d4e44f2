import { isCrmError } from "@crmessenger/kernel";
import { isOutcomeUnknown } from "../api/errors.ts";

const SOON_MS = 1_000;

/** What CrmProvider calls `deferred`. */
export interface Deferral {
  readonly outcome: "deferred";
  readonly retryAfterMs: number;
  readonly reason: string;
}

/** Puts off what surely did not happen and may later; throws on what else there is, an unknown outcome above all. */
export function deferralOf(error: unknown): Deferral {
  if (!isCrmError(error) || !error.retryable || isOutcomeUnknown(error)) throw error;
  return { outcome: "deferred", retryAfterMs: error.retryAfterMs ?? SOON_MS, reason: error.message };
}
