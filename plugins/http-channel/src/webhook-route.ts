import { STATUS_CODES } from "node:http";
import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type { ChannelHost } from "@crmessenger/kernel/communication";
import { type Route, type RouteRequest, type RouteResponse, json } from "@crmessenger/kernel/http";
import type { HttpChannelServices } from "./http-channel.ts";
import { webhookPayload } from "./payload.ts";
import type { HttpChannelProvider } from "./provider.ts";
import { receiveMedia } from "./receive-media.ts";
import { refuseSignature } from "./signature.ts";
import { toDeliveryUpdate, toMessage } from "./to-message.ts";

/** The longest text, every character of it escaped, and the rest. */
const MAX_BODY_BYTES = 512 * 1024;
const RETRY_SECONDS = 2;

/**
 * Where the other system posts. It answers 200 once the message is committed, and so may be repeated until then: 503
 * asks for it, any other status says what has to change first.
 */
export function webhookRoute(services: HttpChannelServices, provider: HttpChannelProvider): Route {
  return {
    method: "POST",
    path: "/hooks/http-channel/:accountId",
    authentication: "none",
    maxBodyBytes: MAX_BODY_BYTES,
    async handle(request) {
      const { key, host } = provider.connected(request.params["accountId"] ?? "") ?? {};
      if (!key || !host)
        return problem(503, "CRM_CHANNEL_NOT_CONNECTED", "This account is unknown or not connected here.");
      const refusal = refuseSignature(key, request.headers, request.body, services.clock.now());
      if (refusal !== undefined) return problem(401, "CRM_HTTP_CHANNEL_SIGNATURE", refusal);
      return accept(services, host, request);
    },
  };
}

async function accept(
  services: HttpChannelServices,
  host: ChannelHost,
  { body }: RouteRequest,
): Promise<RouteResponse> {
  const parsed = parse(body);
  if (!parsed) return problem(422, "CRM_HTTP_CHANNEL_PAYLOAD", "The body is no JSON in UTF-8.");
  const payload = webhookPayload.safeParse(parsed.json);
  if (!payload.success) {
    const [issue] = payload.error.issues;
    const place = issue?.path.join(".");
    const wrong = `The payload is wrong${place ? ` at "${place}"` : ""}: ${issue?.message}.`;
    return problem(422, "CRM_HTTP_CHANNEL_PAYLOAD", wrong);
  }
  try {
    const { type, data } = payload.data;
    if (type === "status") {
      await host.report([toDeliveryUpdate(data)]);
      return json(200, {});
    }
    const files = await receiveMedia(services, host, data);
    const { messageId, conversationId, duplicate } = await host.receive(toMessage(host.account.id, data, files));
    return json(200, { messageId, conversationId, duplicate });
  } catch (error) {
    return refuse(host, error);
  }
}

function refuse(host: ChannelHost, error: unknown): RouteResponse {
  const { status, code, message, retryable } = toCrmError(error);
  if (status < 500 && !retryable) return problem(status, code, message);
  if (!isCrmError(error, "CRM_CHANNEL_LEASE_LOST"))
    host.logger.error(`A webhook could not be taken over: ${message}`, { code });
  const detail = code === "CRM_HTTP_CHANNEL_MEDIA" ? message : "This could not be taken over now. Send it again.";
  return problem(503, code, detail);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(body: Uint8Array): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(utf8.decode(body)) };
  } catch {
    return undefined; // what is wrong with it is said to the sender
  }
}

/** As the API says it (RFC 9457). */
function problem(status: number, code: string, detail: string): RouteResponse {
  const title = STATUS_CODES[status] ?? "Error";
  return json(
    status,
    { type: `urn:crmessenger:problem:${code}`, title, status, detail, code },
    { "content-type": "application/problem+json", ...(status === 503 ? { "retry-after": String(RETRY_SECONDS) } : {}) },
  );
}
