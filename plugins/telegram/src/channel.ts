import { AsyncLocalStorage } from "node:async_hooks";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import { toCrmError } from "@crmessenger/kernel";
import { AccountSession } from "./account-session.ts";
import type { TelegramServices } from "./telegram-services.ts";

const NO_LOGIN_PAUSE_MS = 5_000;
const NEEDS_LOGIN: ChannelState = { status: "needs-login", reason: "Log in to Telegram to connect." };

/** One Telegram account as a channel. */
export class TelegramChannel implements Channel {
  readonly #services: TelegramServices;
  readonly #host: ChannelHost;
  #session: AccountSession | undefined;
  #state: ChannelState = { status: "stopped", reason: "" };
  /** What a message being sent sets in motion belongs to the connection, not to the job that sends. */
  #inOwnContext: <T>(work: () => T) => T = (work) => work();

  constructor(services: TelegramServices, host: ChannelHost) {
    this.#services = services;
    this.#host = host;
  }

  async connect(): Promise<void> {
    await this.disconnect();
    this.#inOwnContext = AsyncLocalStorage.snapshot();
    const store = this.#services.store(this.#host.account.id);
    const [login, position] = [await store.login(), await store.position()];
    if (login === undefined || position === undefined) {
      this.#change(NEEDS_LOGIN);
      return;
    }
    const onState = (state: ChannelState): void => this.#change(state);
    this.#session = new AccountSession({ services: this.#services, host: this.#host, store, login, position, onState });
    await this.#session.start();
  }

  async disconnect(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.stop();
    this.#state = { status: "stopped", reason: "" };
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const session = this.#session;
    if (session === undefined)
      return { outcome: "deferred", retryAfterMs: NO_LOGIN_PAUSE_MS, reason: this.#state.reason };
    return this.#inOwnContext(() => session.send(message, idempotencyKey));
  }

  state(): ChannelState {
    return this.#state;
  }

  /** Ends the login at Telegram, where it can be reached, and disconnects. */
  async logOut(): Promise<void> {
    try {
      await this.#session?.logOut();
    } catch (error) {
      this.#host.logger.warn(`Telegram could not be told of the logout: ${toCrmError(error).message}`);
    }
    await this.disconnect();
  }

  #change(state: ChannelState): void {
    this.#state = state;
    this.#host.changeState(state);
  }
}
