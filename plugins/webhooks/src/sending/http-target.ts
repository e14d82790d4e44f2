import type { DeliveryTarget } from "@crmessenger/kernel/extensibility";
import type { Clock, HttpClient } from "@crmessenger/kernel/infrastructure";

/** Bytes of an answer that are read: characters take up to four. */
const ANSWER_BYTES = 8_192;
const GONE = 410;

export interface HttpTargetOptions {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** Posts deliveries. Every subscription has a circuit breaker of its own in the HTTP client, which also guards the address. */
export function createHttpTarget(http: HttpClient, clock: Clock, options: HttpTargetOptions): DeliveryTarget {
  return {
    name: "http",
    checkUrl: async (url) => problemWith(url),
    async deliver({ subscription, payload, signature, signal }) {
      const { status, headers, body } = await http.request({
        method: "POST",
        url: subscription.url,
        headers: {
          ...subscription.headers,
          ...payload.headers,
          "content-type": payload.contentType,
          "user-agent": "CRMessenger-Webhooks/1",
          ...signature,
        },
        body: payload.body,
        ...options,
        retries: 0,
        keepBytes: ANSWER_BYTES,
        circuit: `webhooks/${subscription.tenantId}/${subscription.id}`,
        signal,
      });
      const wait = retryAfterMs(headers["retry-after"], clock.now());
      return {
        outcome: status >= 200 && status < 300 ? "accepted" : status === GONE ? "gone" : "failed",
        status,
        response: new TextDecoder().decode(body),
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
      };
    },
  };
}

function problemWith(url: string): string | null {
  if (!URL.canParse(url)) return "it is no absolute URL, such as https://example.com/hooks";
  const { protocol, username, password, hash } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return `${protocol} is not HTTP: use https:`;
  if (username !== "" || password !== "")
    return "it holds credentials: receivers know us by the signature, so leave them out";
  return hash === "" ? null : "it has a fragment, which is never sent: leave it out";
}

/** `Retry-After` (RFC 9110 §10.2.3): seconds or a date. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
