import { ExponentialBackoff } from "cockatiel";
import { isCrmError } from "@crmessenger/kernel";
import type { HttpResponse } from "@crmessenger/kernel/infrastructure";

/** How one attempt ended. */
export type Outcome = { readonly response: HttpResponse } | { readonly error: unknown };

/** Delays that grow from a quarter of a second to ten, with decorrelated jitter. */
export const firstBackoff = () => new ExponentialBackoff({ initialDelay: 250, maxDelay: 10_000 }).next();

/** A caller that waits longer than this is better served with the answer, and comes back later. */
export const LONGEST_WAIT_MS = 10_000;

const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);
const RETRYABLE_CODE = new Set(["CRM_HTTP_UNREACHABLE", "CRM_HTTP_TIMEOUT", "CRM_HTTP_INTERRUPTED"]);

/** Milliseconds to wait before the next attempt; undefined when the outcome stands. `Retry-After` wins over the back-off. */
export function retryDelay(outcome: Outcome, backoffMs: number, now: number): number | undefined {
  if ("error" in outcome) {
    return isCrmError(outcome.error) && RETRYABLE_CODE.has(outcome.error.code) ? backoffMs : undefined;
  }
  if (!RETRYABLE_STATUS.has(outcome.response.status)) return undefined;
  const wait = retryAfterMs(outcome.response.headers["retry-after"], now) ?? backoffMs;
  return wait <= LONGEST_WAIT_MS ? wait : undefined;
}

/** Milliseconds of a `Retry-After` header (RFC 9110 §10.2.3): seconds or a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
