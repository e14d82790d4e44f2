import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { ChannelHost } from "@crmessenger/kernel/communication";
import { type Route, type RouteRequest, type RouteResponse, json } from "@crmessenger/kernel/http";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { HttpChannelServices } from "./http-channel.ts";
import { type InboundPayload, webhookPayload } from "./payload.ts";
import type { HttpChannelProvider } from "./provider.ts";
import { refuseSignature } from "./signature.ts";
import { toDeliveryUpdate, toMessage } from "./to-message.ts";

const MAX_BODY_BYTES = 256 * 1024;
const NOT_HERE_SECONDS = "2";

/** Where the other system posts. It answers 200 once the message is committed, and so may be repeated until then. */
export function webhookRoute(services: HttpChannelServices, provider: HttpChannelProvider): Route {
  return {
    method: "POST",
    path: "/hooks/http-channel/:accountId",
    authentication: "none",
    maxBodyBytes: MAX_BODY_BYTES,
    async handle(request) {
      const channel = provider.connected(request.params["accountId"] ?? "");
      const { key } = channel ?? {};
      if (!channel || !key) return problem(503, "CRM_CHANNEL_NOT_CONNECTED", "This account is unknown or not connected.", { "retry-after": NOT_HERE_SECONDS });
      const refusal = refuseSignature(key, request.headers, request.body, services.clock.now());
      if (refusal !== undefined) return problem(401, "CRM_HTTP_CHANNEL_SIGNATURE", refusal);
      return accept(services, channel.host, request);
    },
  };
}

async function accept(services: HttpChannelServices, host: ChannelHost, request: RouteRequest): Promise<RouteResponse> {
  const payload = webhookPayload.safeParse(parse(request.body));
  if (!payload.success) {
    const [issue] = payload.error.issues;
    return problem(422, "CRM_HTTP_CHANNEL_PAYLOAD", `The payload is wrong${issue ? ` at "${issue.path.join(".")}": ${issue.message}` : ""}.`);
  }
  try {
    if (payload.data.type === "status") {
      await host.report([toDeliveryUpdate(payload.data.data)]);
      return json(200, {});
    }
    const { data } = payload.data;
    const files = data.media ? await fetchAll(services, host, data) : [];
    const { messageId, conversationId, duplicate } = await host.receive(toMessage(host.account.id, data, files));
    return json(200, { messageId, conversationId, duplicate });
  } catch (error) {
    const failure = toCrmError(error);
    if (failure.status >= 500) host.logger.error(failure.message, { code: failure.code });
    return problem(failure.status, failure.code, failure.status >= 500 ? "The message could not be stored. Send it again." : failure.message);
  }
}

/** Text that is no JSON becomes a value that fits no payload. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The media of a message, stored under paths that a repetition overwrites with the same. */
function fetchAll(services: HttpChannelServices, host: ChannelHost, payload: InboundPayload): Promise<StoredFile[]> {
  const name = Buffer.from(payload.id).toString("base64url").slice(0, 100);
  return Promise.all(
    (payload.media ?? []).map(async ({ url, mimeType, fileName }, index) => {
      const response = await services.http.request({ method: "GET", url, signal: host.signal });
      if (response.status !== 200) {
        throw new CrmError("CRM_HTTP_CHANNEL_MEDIA", `The file ${index + 1} could not be fetched: its server answered ${response.status}.`, { status: 422 });
      }
      return services.storage.put(`inbound/${host.account.id}/${name}-${index}`, response.body, { mimeType, ...(fileName === undefined ? {} : { fileName }) });
    }),
  );
}

function problem(status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): RouteResponse {
  return json(status, { type: "about:blank", status, code, detail }, { ...headers, "content-type": "application/problem+json" });
}
