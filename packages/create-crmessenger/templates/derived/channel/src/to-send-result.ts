import { isCrmError } from "@crmessenger/kernel";
import type { SendResult } from "@crmessenger/kernel/communication";
import type { HttpResponse } from "@crmessenger/kernel/infrastructure";
import { sent } from "./payload.ts";
import { read, unexpected } from "./template-name-client.ts";

type Deferred = Extract<SendResult, { outcome: "deferred" }>;

const DEFAULT_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 3_600_000;

/** What Template name's answer to a message means. Where it is not certain whether the message was taken, it throws. */
export function toSendResult(response: HttpResponse, now: number): SendResult {
  const { status, headers } = response;
  if (status === 200 || status === 201) {
    const { id, sentAt } = read(response, sent);
    return { outcome: "accepted", externalId: id, at: new Date(sentAt).toISOString() };
  }
  const reason = `Template name answered ${status}.`;
  if (status === 429 || status === 503) return deferred(reason, pauseOf(headers["retry-after"], now));
  if (status === 408 || status >= 500) throw unexpected(response);
  return { outcome: "rejected", reason };
}

/**
 * What becomes of a message that certainly did not leave: nothing was posted yet, or HttpClient says so. It waits where
 * that may help. Otherwise the error is thrown on: the message is posted again under the same key.
 */
export function toUnsentResult(error: unknown, posted: boolean): SendResult {
  if (!isCrmError(error)) throw error;
  const { code, details, message, retryable, retryAfterMs } = error;
  if (code === "CRM_TEMPLATE_NAME_TOKEN") return deferred(message);
  if (posted && details["outcome"] !== "not-sent") throw error;
  return retryable ? deferred(message, retryAfterMs) : { outcome: "rejected", reason: message };
}

export function deferred(reason: string, retryAfterMs = DEFAULT_PAUSE_MS): Deferred {
  return { outcome: "deferred", retryAfterMs: Math.min(retryAfterMs, MAX_PAUSE_MS), reason };
}

/** Milliseconds of a `Retry-After` header, in seconds or as a date. */
function pauseOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const pause = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return pause > 0 ? pause : undefined;
}
