import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { Channel, ChannelHost, ChannelState, OutboundMessage, SendResult } from "@crmessenger/kernel/communication";
import type { Clock, HttpClient, HttpResponse, Storage } from "@crmessenger/kernel/infrastructure";
import { fromMessage } from "./from-message.ts";
import { acceptedPayload } from "./payload.ts";
import { type SigningKey, sign } from "./signature.ts";

export interface HttpChannelServices {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly storage: Storage;
}

export interface HttpChannelParts {
  readonly host: ChannelHost;
  /** Where messages are posted to; without it the channel only receives. */
  readonly outboundUrl: string | undefined;
  readonly loadKey: () => Promise<SigningKey | undefined>;
}

const DEFAULT_PAUSE_MS = 5_000;

/** An account of another system that posts to us and is posted to. There is no connection to keep: connected means ready. */
export class HttpChannel implements Channel {
  readonly host: ChannelHost;
  readonly #services: HttpChannelServices;
  readonly #parts: HttpChannelParts;
  #state: ChannelState = { status: "stopped", reason: "" };
  #key: SigningKey | undefined;

  constructor(services: HttpChannelServices, parts: HttpChannelParts) {
    this.#services = services;
    this.#parts = parts;
    this.host = parts.host;
  }

  /** The key that requests are verified with, while the channel is connected. */
  get key(): SigningKey | undefined {
    return this.#state.status === "connected" ? this.#key : undefined;
  }

  async connect(): Promise<void> {
    this.#key = await this.#parts.loadKey();
    this.#change(this.#key ? { status: "connected", reason: "" } : { status: "needs-login", reason: "Log in with the signing secret that the other system uses." });
  }

  async disconnect(): Promise<void> {
    this.#state = { status: "stopped", reason: "" };
  }

  state(): ChannelState {
    return this.#state;
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const { outboundUrl } = this.#parts;
    if (outboundUrl === undefined) return { outcome: "rejected", reason: "This account has no outboundUrl in its settings: it only receives." };
    if (!this.#key) return { outcome: "deferred", retryAfterMs: DEFAULT_PAUSE_MS, reason: "The account has no signing secret yet." };
    const body = fromMessage(message, await this.#contents(message));
    const headers = { "content-type": "application/json", ...sign(this.#key, { id: idempotencyKey, at: this.#services.clock.now(), body }) };
    try {
      return this.#resultOf(await this.#services.http.request({ method: "POST", url: outboundUrl, headers, body }), idempotencyKey);
    } catch (error) {
      if (isCrmError(error, "CRM_HTTP_CIRCUIT_OPEN") || isCrmError(error, "CRM_HTTP_UNREACHABLE")) {
        return { outcome: "deferred", retryAfterMs: error.retryAfterMs ?? DEFAULT_PAUSE_MS, reason: error.message };
      }
      throw error;
    }
  }

  #resultOf(response: HttpResponse, idempotencyKey: string): SendResult {
    const { status } = response;
    if (status >= 200 && status < 300) {
      return { outcome: "accepted", externalId: acceptedId(response) ?? idempotencyKey, at: new Date(this.#services.clock.now()).toISOString() };
    }
    if (status === 429 || status === 503) return { outcome: "deferred", retryAfterMs: retryAfter(response.headers["retry-after"]), reason: `The other system answered ${status}.` };
    if (status >= 500) throw new CrmError("CRM_HTTP_CHANNEL_ANSWER", `The other system answered ${status}; whether it took the message is unknown.`, { retryable: true, details: { status } });
    return { outcome: "rejected", reason: `The other system answered ${status}.` };
  }

  #contents(message: OutboundMessage): Promise<Uint8Array[]> {
    const files = message.parts.filter((part) => part.type === "media");
    return Promise.all(files.map(async ({ file }) => new Uint8Array(await new Response(await this.#services.storage.get(file.path)).arrayBuffer())));
  }

  #change(state: ChannelState): void {
    this.#state = state;
    this.host.changeState(state);
  }
}

function acceptedId(response: HttpResponse): string | undefined {
  if (response.body.length === 0) return undefined;
  try {
    const parsed = acceptedPayload.safeParse(JSON.parse(Buffer.from(response.body).toString("utf8")));
    return parsed.success ? parsed.data.id : undefined;
  } catch {
    return undefined; // an answer that is no JSON still took the message; its status says so
  }
}

function retryAfter(header: string | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_PAUSE_MS;
}
