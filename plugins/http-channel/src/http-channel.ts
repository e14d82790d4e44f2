import { CrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import type { Clock, HttpClient, HttpResponse, Storage } from "@crmessenger/kernel/infrastructure";
import { fromMessage } from "./from-message.ts";
import { type SigningKey, sign } from "./signature.ts";
import { deferred, toSendResult, toUnsentResult } from "./to-send-result.ts";

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

/** What there is from `connect` to `disconnect`. */
interface Connection {
  readonly key: SigningKey;
  /** Aborts with the connection, and when the account is taken away. */
  readonly signal: AbortSignal;
  end(): void;
}

const STOPPED: ChannelState = { status: "stopped", reason: "" };
const CONNECTED: ChannelState = { status: "connected", reason: "" };
const NO_KEY: ChannelState = {
  status: "needs-login",
  reason: "Log in with the signing secret that the other system uses.",
};

/** An account of another system that posts to us and is posted to. There is no connection to keep: connected means ready. */
export class HttpChannel implements Channel {
  readonly host: ChannelHost;
  readonly #services: HttpChannelServices;
  readonly #parts: HttpChannelParts;
  #state = STOPPED;
  #connection: Connection | undefined;
  /** Counts connects and disconnects: a connect that was overtaken by either has no effect. */
  #turn = 0;
  /** What requests brought and is being taken over. */
  readonly #inHand = new Set<Promise<unknown>>();
  /** The other system asked to be left alone until then. Milliseconds since the epoch. */
  #heldUntil = 0;

  constructor(services: HttpChannelServices, parts: HttpChannelParts) {
    this.#services = services;
    this.#parts = parts;
    this.host = parts.host;
  }

  /** What requests are verified with; undefined while the channel is not connected. */
  get key(): SigningKey | undefined {
    return this.#connection?.key;
  }

  async connect(): Promise<void> {
    const turn = (this.#turn += 1);
    const key = await this.#parts.loadKey();
    if (turn !== this.#turn) return;
    this.#connection = key && connectionOf(key, this.host.signal);
    if (key) this.#parts.connected.set(this.host.account.id, this);
    this.#state = key ? CONNECTED : NO_KEY;
    this.host.changeState(this.#state);
  }

  async disconnect(): Promise<void> {
    this.#turn += 1;
    const { connected } = this.#parts;
    const { id } = this.host.account;
    if (connected.get(id) === this) connected.delete(id);
    this.#connection?.end();
    this.#connection = undefined;
    this.#state = STOPPED;
    await Promise.allSettled(this.#inHand);
  }

  state(): ChannelState {
    return this.#state;
  }

  /**
   * Takes over what a request brought. `disconnect` aborts the signal and waits for the end of the work; work that
   * fails for that reason is `CRM_CHANNEL_NOT_CONNECTED`, so that nobody takes it for a verdict on the request.
   */
  async takeOver<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.#connection) throw notConnected();
    const { signal } = this.#connection;
    const working = work(signal);
    this.#inHand.add(working);
    try {
      return await working;
    } catch (error) {
      throw signal.aborted ? notConnected(error) : error;
    } finally {
      this.#inHand.delete(working);
    }
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const { outboundUrl } = this.#parts;
    const reason = "This account has no outboundUrl in its settings: it only receives.";
    if (outboundUrl === undefined) return { outcome: "rejected", reason };
    const connection = this.#connection;
    if (!connection) return deferred("The account is not connected.");
    const hold = this.#heldUntil - this.#services.clock.now();
    if (hold > 0) return deferred("The other system asked for a pause.", hold);
    try {
      const body = fromMessage(idempotencyKey, message, await this.#contents(message));
      const response = await this.#post(outboundUrl, idempotencyKey, connection, body);
      const now = this.#services.clock.now();
      const result = toSendResult(response, { idempotencyKey, now });
      if (result.outcome === "deferred") this.#heldUntil = now + result.retryAfterMs;
      return result;
    } catch (error) {
      return toUnsentResult(error);
    }
  }

  #post(url: string, id: string, { key, signal }: Connection, body: string): Promise<HttpResponse> {
    const signature = sign(key, { id, at: this.#services.clock.now(), body });
    const headers = { "content-type": "application/json", ...signature };
    return this.#services.http.request({ method: "POST", url, headers, body, signal });
  }

  #contents(message: OutboundMessage): Promise<Uint8Array[]> {
    const files = message.parts.filter((part) => part.type === "media");
    return Promise.all(
      files.map(async ({ file }) => new Response(await this.#services.storage.get(file.path)).bytes()),
    );
  }
}

export function notConnected(cause?: unknown): CrmError {
  return new CrmError("CRM_CHANNEL_NOT_CONNECTED", "This account is unknown or not connected here. Try again later.", {
    status: 503,
    retryable: true,
    cause,
  });
}

function connectionOf(key: SigningKey, lease: AbortSignal): Connection {
  const ending = new AbortController();
  const signal = AbortSignal.any([lease, ending.signal]);
  return { key, signal, end: () => ending.abort(notConnected()) };
}
