import { CrmError, isCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
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
  /** The connected channels by account: where requests find theirs. */
  readonly connected: Map<string, HttpChannel>;
}

type Deferred = Extract<SendResult, { outcome: "deferred" }>;

const DEFAULT_PAUSE_MS = 5_000;
const NO_KEY: ChannelState = {
  status: "needs-login",
  reason: "Log in with the signing secret that the other system uses.",
};

/** An account of another system that posts to us and is posted to. There is no connection to keep: connected means ready. */
export class HttpChannel implements Channel {
  readonly host: ChannelHost;
  readonly #services: HttpChannelServices;
  readonly #parts: HttpChannelParts;
  #state: ChannelState = { status: "stopped", reason: "" };
  #key: SigningKey | undefined;
  /** Counts connects and disconnects: a connect that was overtaken by either has no effect. */
  #turn = 0;
  /** The other system asked to be left alone until then. Milliseconds since the epoch. */
  #heldUntil = 0;

  constructor(services: HttpChannelServices, parts: HttpChannelParts) {
    this.#services = services;
    this.#parts = parts;
    this.host = parts.host;
  }

  /** What requests are verified with; undefined without a login. */
  get key(): SigningKey | undefined {
    return this.#key;
  }

  async connect(): Promise<void> {
    const turn = (this.#turn += 1);
    const key = await this.#parts.loadKey();
    if (turn !== this.#turn) return;
    this.#key = key;
    if (key) this.#parts.connected.set(this.host.account.id, this);
    this.#state = key ? { status: "connected", reason: "" } : NO_KEY;
    this.host.changeState(this.#state);
  }

  async disconnect(): Promise<void> {
    this.#turn += 1;
    const { connected } = this.#parts;
    const { id } = this.host.account;
    if (connected.get(id) === this) connected.delete(id);
    this.#state = { status: "stopped", reason: "" };
  }

  state(): ChannelState {
    return this.#state;
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const { outboundUrl } = this.#parts;
    const reason = "This account has no outboundUrl in its settings: it only receives.";
    if (outboundUrl === undefined) return { outcome: "rejected", reason };
    if (!this.#key || this.#state.status !== "connected")
      return deferred(DEFAULT_PAUSE_MS, "The account is not connected.");
    const hold = this.#heldUntil - this.#services.clock.now();
    if (hold > 0) return deferred(hold, "The other system asked for a pause.");
    try {
      const body = fromMessage(idempotencyKey, message, await this.#contents(message));
      return this.#resultOf(await this.#post(outboundUrl, idempotencyKey, this.#key, body), idempotencyKey);
    } catch (error) {
      return unsent(error);
    }
  }

  #post(url: string, id: string, key: SigningKey, body: string): Promise<HttpResponse> {
    const signature = sign(key, { id, at: this.#services.clock.now(), body });
    const headers = { "content-type": "application/json", ...signature };
    return this.#services.http.request({ method: "POST", url, headers, body, signal: this.host.signal });
  }

  #resultOf(response: HttpResponse, idempotencyKey: string): SendResult {
    const { status } = response;
    const now = this.#services.clock.now();
    if (status >= 200 && status < 300) {
      return {
        outcome: "accepted",
        externalId: acceptedId(response) ?? idempotencyKey,
        at: new Date(now).toISOString(),
      };
    }
    const reason = `The other system answered ${status}.`;
    if (status === 429 || status === 503) {
      const pause = retryAfter(response.headers["retry-after"], now) ?? DEFAULT_PAUSE_MS;
      this.#heldUntil = now + pause;
      return deferred(pause, reason);
    }
    if (status >= 500 || status === 408) throw unknownOutcome(status);
    const isRedirect = status >= 300 && status < 400;
    return {
      outcome: "rejected",
      reason: isRedirect ? `${reason} Redirects are not followed: change the outboundUrl.` : reason,
    };
  }

  #contents(message: OutboundMessage): Promise<Uint8Array[]> {
    const files = message.parts.filter((part) => part.type === "media");
    return Promise.all(
      files.map(async ({ file }) => new Response(await this.#services.storage.get(file.path)).bytes()),
    );
  }
}

function deferred(retryAfterMs: number, reason: string): Deferred {
  return { outcome: "deferred", retryAfterMs, reason };
}

function unknownOutcome(status: number): CrmError {
  return new CrmError(
    "CRM_HTTP_CHANNEL_ANSWER",
    `The other system answered ${status}; whether it took the message is unknown.`,
    {
      retryable: true,
      details: { status },
    },
  );
}

/** What becomes of a message that certainly did not leave. Of any other error the outcome is unknown: it is thrown on. */
function unsent(error: unknown): SendResult {
  if (!isCrmError(error)) throw error;
  if (error.status === 422) return { outcome: "rejected", reason: error.message };
  if (error.code === "CRM_STORAGE_NOT_FOUND") return { outcome: "rejected", reason: "The file is not there any more." };
  if (error.details["outcome"] === "not-sent") return deferred(error.retryAfterMs ?? DEFAULT_PAUSE_MS, error.message);
  throw error;
}

function acceptedId(response: HttpResponse): string | undefined {
  try {
    return acceptedPayload.safeParse(JSON.parse(Buffer.from(response.body).toString("utf8"))).data?.id;
  } catch {
    return undefined; // an answer that is no JSON still took the message; its status says so
  }
}

/** Milliseconds of a `Retry-After` header (RFC 9110 §10.2.3): seconds or a date. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const pause = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return pause > 0 ? pause : undefined;
}
