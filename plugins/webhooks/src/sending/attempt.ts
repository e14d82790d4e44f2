import { CrmError, isCrmError, toCrmError } from "@crmessenger/kernel";
import type {
  DeliveryAnswer,
  DeliveryTarget,
  WebhookAttempt,
  WebhookPayload,
  WebhookSubscription,
} from "@crmessenger/kernel/extensibility";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import type { Payloads } from "../dispatch/payloads.ts";
import { signatureHeaders } from "../signing/secret-store.ts";
import type { Signer } from "../signing/signing-secret.ts";
import type { KeptDelivery } from "./delivery-store.ts";

/** Characters of an answer that are kept. */
const MOST_KEPT = 2_048;

/** How one try went. `held`: the target sends nothing to this address for a while, and nothing was sent. */
export type Tried =
  | {
      readonly kind: "accepted" | "failed" | "gone";
      readonly attempt: WebhookAttempt;
      /** What was sent; null when it could not be made. */
      readonly payload: WebhookPayload | null;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "held"; readonly forMs: number };

export interface Attempting {
  readonly subscription: WebhookSubscription;
  readonly target: DeliveryTarget;
  readonly signers: readonly Signer[];
  readonly payloads: Payloads;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Hands a delivery over once. Rejects only when the signal aborts it. */
export async function attempt(delivery: KeptDelivery, attempting: Attempting): Promise<Tried> {
  const { subscription, target, signers, signal, clock } = attempting;
  const startedAt = clock.now();
  let payload = delivery.payload;
  const describe = (status: number | null, response: string, errorCode: string | null): WebhookAttempt => ({
    number: delivery.attempts.length + 1,
    at: new Date(startedAt).toISOString(),
    milliseconds: clock.now() - startedAt,
    status,
    response: kept(response),
    errorCode,
  });
  try {
    payload ??= await laterPayload(delivery, attempting);
    const deliveryId = delivery.id;
    const signature = signatureHeaders(signers, deliveryId, startedAt, payload.body);
    const answer = await target.deliver({ subscription, deliveryId, payload, signature, signal });
    const { outcome: kind, status, response, retryAfterMs } = answer;
    const result = { kind, payload, attempt: describe(status, response, errorCodeOf(answer)) };
    return retryAfterMs === undefined ? result : { ...result, retryAfterMs };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const held = heldFor(error);
    if (held !== undefined) return { kind: "held", forMs: held };
    return { kind: "failed", payload, attempt: describe(null, "", toCrmError(error).code) };
  }
}

async function laterPayload({ event }: KeptDelivery, { payloads, subscription }: Attempting): Promise<WebhookPayload> {
  if (event) return payloads.of(event, subscription);
  throw new CrmError("CRM_WEBHOOK_NO_PAYLOAD", "The delivery holds neither a payload nor an event to make it of.");
}

/**
 * What an answer that accepts nothing is called in the delivery log: `CRM_WEBHOOK_GONE` after 410, `CRM_WEBHOOK_REDIRECTED`
 * after a redirect, which is not followed, `CRM_WEBHOOK_REFUSED` after every other status.
 */
function errorCodeOf({ outcome, status }: DeliveryAnswer): string | null {
  if (outcome === "accepted") return null;
  if (outcome === "gone") return "CRM_WEBHOOK_GONE";
  return status !== null && status >= 300 && status < 400 ? "CRM_WEBHOOK_REDIRECTED" : "CRM_WEBHOOK_REFUSED";
}

/** A circuit breaker that is open, for instance. */
function heldFor(error: unknown): number | undefined {
  if (!isCrmError(error) || error.details["outcome"] !== "not-sent") return undefined;
  return error.retryAfterMs;
}

/** As text that any storage can hold. */
function kept(response: string): string {
  return response.slice(0, MOST_KEPT).replaceAll("\0", "\uFFFD").toWellFormed();
}
