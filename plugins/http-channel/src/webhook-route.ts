import { STATUS_CODES } from "node:http";
import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { ChannelHost } from "@crmessenger/kernel/communication";
import { type Route, type RouteResponse, json } from "@crmessenger/kernel/http";
import { type HttpChannelServices, notConnected } from "./http-channel.ts";
import { type WebhookPayload, webhookPayload } from "./payload.ts";
import type { HttpChannelProvider } from "./provider.ts";
import { receiveMedia } from "./receive-media.ts";
import { refuseSignature } from "./signature.ts";
import { toDeliveryUpdate, toMessage } from "./to-message.ts";

/** The longest text, every character of it escaped, and the rest. */
const MAX_BODY_BYTES = 512 * 1024;
const RETRY_SECONDS = 2;
/** The account is run elsewhere from now on, or soon: nothing that anybody has to look into. */
const LET_GO = ["CRM_CHANNEL_LEASE_LOST", "CRM_CHANNEL_NOT_CONNECTED"];

/**
 * Where the other system posts. A request without a valid signature is CRM_HTTP_CHANNEL_SIGNATURE (401). It
 * answers 200 once the message is committed, and so may be repeated until then: 503 asks for it, any other status says
 * what has to change first.
 */
export function webhookRoute(services: HttpChannelServices, provider: HttpChannelProvider): Route {
  return {
    method: "POST",
    path: "/hooks/http-channel/:accountId",
    authentication: "none",
    maxBodyBytes: MAX_BODY_BYTES,
    async handle({ params, headers, body }) {
      const channel = provider.connected(params["accountId"] ?? "");
      if (!channel?.key) return problem(503, "CRM_CHANNEL_NOT_CONNECTED", notConnected().message);
      const refusal = refuseSignature(channel.key, headers, body, services.clock.now());
      if (refusal !== undefined) return problem(401, "CRM_HTTP_CHANNEL_SIGNATURE", refusal);
      try {
        const payload = parse(body);
        return json(200, await channel.takeOver((signal) => accept(services, { host: channel.host, signal }, payload)));
      } catch (error) {
        return refuse(channel.host, error);
      }
    },
  };
}

interface Taker {
  readonly host: ChannelHost;
  readonly signal: AbortSignal;
}

/** Answers what the other system is told once it is committed. */
async function accept(
  services: HttpChannelServices,
  { host, signal }: Taker,
  { type, data }: WebhookPayload,
): Promise<object> {
  if (type === "status") {
    await host.report([toDeliveryUpdate(data)]);
    return {};
  }
  const { id: accountId } = host.account;
  const files = await receiveMedia(services, { accountId, signal }, data);
  signal.throwIfAborted();
  const { messageId, conversationId, duplicate } = await host.receive(toMessage(accountId, data, files));
  return { messageId, conversationId, duplicate };
}

function refuse(host: ChannelHost, error: unknown): RouteResponse {
  const { status, code, message, retryable } = toCrmError(error);
  if (status < 500 && !retryable) return problem(status, code, message);
  if (!LET_GO.includes(code)) host.logger.error(`A webhook could not be taken over: ${message}`, { code });
  const detail = code === "CRM_HTTP_CHANNEL_MEDIA" ? message : "This could not be taken over now. Send it again.";
  return problem(503, code, detail);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What the bytes say; `CRM_HTTP_CHANNEL_PAYLOAD` (422) says what is wrong with them. */
function parse(body: Uint8Array): WebhookPayload {
  const { data, error } = webhookPayload.safeParse(parseJson(body));
  if (data) return data;
  const [issue] = error.issues;
  const place = issue?.path.join(".");
  throw wrongPayload(`The payload is wrong${place ? ` at "${place}"` : ""}: ${issue?.message}.`);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw wrongPayload("The body is no JSON in UTF-8.", error);
  }
}

function wrongPayload(message: string, cause?: unknown): CrmError {
  return new CrmError("CRM_HTTP_CHANNEL_PAYLOAD", message, { status: 422, cause });
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
