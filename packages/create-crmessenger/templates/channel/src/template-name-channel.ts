import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { MessengerApi } from "./messenger-api.ts";
import { toMessage } from "./to-message.ts";

export interface ChannelParts {
  readonly clock: Clock;
  readonly pollEveryMs: number;
  /** The API with the account's token; undefined while nobody has logged in. */
  readonly connect: () => Promise<MessengerApi | undefined>;
}

const PAUSE_MS = 5_000;
const STOPPED: ChannelState = { status: "stopped", reason: "" };
const CONNECTED: ChannelState = { status: "connected", reason: "" };
const NO_TOKEN: ChannelState = { status: "needs-login", reason: "Log in with the token of the account." };

/** An account: asks for what is new, and settles it with the provider once it is committed here. */
export class TemplateNameChannel implements Channel {
  readonly #host: ChannelHost;
  readonly #parts: ChannelParts;
  #state = STOPPED;
  #api: MessengerApi | undefined;
  #ending = new AbortController();
  #polling: Promise<void> = Promise.resolve();
  /** The last update that is committed here. */
  #settled = 0;

  constructor(host: ChannelHost, parts: ChannelParts) {
    this.#host = host;
    this.#parts = parts;
  }

  async connect(): Promise<void> {
    this.#api = await this.#parts.connect();
    this.#become(this.#api ? CONNECTED : NO_TOKEN);
    if (!this.#api) return;
    this.#ending = new AbortController();
    this.#polling = this.#poll(this.#api, AbortSignal.any([this.#host.signal, this.#ending.signal]));
  }

  async disconnect(): Promise<void> {
    this.#ending.abort();
    this.#api = undefined;
    this.#state = STOPPED;
    await this.#polling;
  }

  state(): ChannelState {
    return this.#state;
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    if (!this.#api) return { outcome: "deferred", retryAfterMs: PAUSE_MS, reason: "The account is not connected." };
    const text = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    try {
      const response = await this.#api.send(idempotencyKey, { chat: message.conversationExternalId, text });
      const { status } = response;
      if (status === 429) return { outcome: "deferred", retryAfterMs: PAUSE_MS, reason: "The provider asks to wait." };
      if (status >= 400 && status < 500) return { outcome: "rejected", reason: `The provider answered ${status}.` };
      const at = new Date(this.#parts.clock.now()).toISOString();
      return { outcome: "accepted", externalId: MessengerApi.sentId(response), at };
    } catch (error) {
      // Of anything else the outcome is unknown: thrown on, it is sent again under the same key.
      if (!isCrmError(error) || error.details["outcome"] !== "not-sent") throw error;
      return { outcome: "deferred", retryAfterMs: error.retryAfterMs ?? PAUSE_MS, reason: error.message };
    }
  }

  async #poll(api: MessengerApi, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#takeOver(api, signal);
        if (this.#state !== CONNECTED && !signal.aborted) this.#become(CONNECTED);
      } catch (error) {
        if (!signal.aborted) this.#become({ status: "degraded", reason: toCrmError(error).message });
      }
      await this.#parts.clock.sleep(this.#parts.pollEveryMs, signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  /** What fails is offered again with the next look: nothing is settled before it is committed. */
  async #takeOver(api: MessengerApi, signal: AbortSignal): Promise<void> {
    for (const update of await api.updates(this.#settled, signal)) {
      if (signal.aborted) return;
      await this.#host.receive(toMessage(this.#host.account.id, update));
      this.#settled = update.number;
    }
  }

  #become(state: ChannelState): void {
    this.#state = state;
    this.#host.changeState(state);
  }
}
