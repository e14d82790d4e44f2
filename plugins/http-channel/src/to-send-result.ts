import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { SendResult } from "@crmessenger/kernel/communication";
import type { HttpResponse } from "@crmessenger/kernel/infrastructure";
import { acceptedPayload } from "./payload.ts";

export interface PostedMessage {
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Deferred = Extract<SendResult, { outcome: "deferred" }>;

const DEFAULT_PAUSE_MS = 5_000;
/** Whoever asks for more is asked again meanwhile: a slip in one answer must not silence an account for years. */
const MAX_PAUSE_MS = 3_600_000;

/** What an answer to a posted message means. One that says nothing certain is `CRM_HTTP_CHANNEL_ANSWER`. */
export function toSendResult(response: HttpResponse, { idempotencyKey, now }: PostedMessage): SendResult {
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    const externalId = acceptedId(response) ?? idempotencyKey;
    return { outcome: "accepted", externalId, at: new Date(now).toISOString() };
  }
  const reason = `The other system answered ${status}.`;
  if (status === 429 || status === 503) return deferred(reason, retryAfter(headers["retry-after"], now));
  if (status >= 500 || status === 408) throw unknownOutcome(status);
  if (status < 400)
    return { outcome: "rejected", reason: `${reason} Redirects are not followed: change the outboundUrl.` };
  return { outcome: "rejected", reason };
}

/** What becomes of a message that certainly did not leave. Of any other error the outcome is unknown: it is thrown on. */
export function toUnsentResult(error: unknown): SendResult {
  if (!isCrmError(error)) throw error;
  if (error.status === 422) return { outcome: "rejected", reason: error.message };
  if (error.code === "CRM_STORAGE_NOT_FOUND") return { outcome: "rejected", reason: "The file is not there any more." };
  if (error.details["outcome"] === "not-sent") return deferred(error.message, error.retryAfterMs);
  throw error;
}

export function deferred(reason: string, retryAfterMs = DEFAULT_PAUSE_MS): Deferred {
  return { outcome: "deferred", retryAfterMs: Math.min(retryAfterMs, MAX_PAUSE_MS), reason };
}

function unknownOutcome(status: number): CrmError {
  const message = `The other system answered ${status}; whether it took the message is unknown.`;
  return new CrmError("CRM_HTTP_CHANNEL_ANSWER", message, { retryable: true, details: { status } });
}

function acceptedId(response: HttpResponse): string | undefined {
  try {
    return acceptedPayload.safeParse(JSON.parse(Buffer.from(response.body).toString("utf8"))).data?.id;
  } catch {
    return undefined; // an answer that is no JSON still took the message; its status says so
  }
}

/** Milliseconds of a `Retry-After` header (RFC 9110 §10.2.3), in seconds or as a date; undefined when it asks for none. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const pause = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return pause > 0 ? pause : undefined;
}
