import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import type { Clock, HttpClient, Storage } from "@crmessenger/kernel/infrastructure";
import { fromMessage } from "./from-message.ts";
import type { TemplateNameUpdate } from "./payload.ts";
import type { TemplateNameClient } from "./template-name-client.ts";
import { receiveFiles } from "./receive-files.ts";
import { toDeliveryUpdate, toMessage } from "./to-message.ts";
import { deferred, toSendResult, toUnsentResult } from "./to-send-result.ts";

export interface TemplateNameServices {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly storage: Storage;
}

export interface TemplateNameParts {
  readonly host: ChannelHost;
  /** A client with the account's token; undefined before anybody has logged in. */
  readonly client: () => Promise<TemplateNameClient | undefined>;
}

/** What there is from `connect` to `disconnect`. */
interface Connection {
  readonly client: TemplateNameClient;
  /** Aborts with the connection, and when the account is taken away from this process. */
  readonly signal: AbortSignal;
  /** Settles when nothing more is received. */
  running: Promise<void>;
}

const STOPPED: ChannelState = { status: "stopped", reason: "" };
const CONNECTED: ChannelState = { status: "connected", reason: "" };
const NEEDS_LOGIN: ChannelState = {
  status: "needs-login",
  reason: "Log in with a token from Template name's settings page.",
};
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 30_000;

/** One Template name account: asks for updates, one question after another, and posts messages. */
export class TemplateNameChannel implements Channel {
  readonly #services: TemplateNameServices;
  readonly #parts: TemplateNameParts;
  #state = STOPPED;
  #connection: Connection | undefined;
  #ending = new AbortController();
  /** Template name asked to be left alone until then. Milliseconds since the epoch. */
  #heldUntil = 0;

  constructor(services: TemplateNameServices, parts: TemplateNameParts) {
    this.#services = services;
    this.#parts = parts;
  }

  async connect(): Promise<void> {
    await this.disconnect();
    const ending = new AbortController();
    this.#ending = ending;
    const client = await this.#parts.client();
    if (ending.signal.aborted) return;
    if (!client) return this.#say(NEEDS_LOGIN);
    const signal = AbortSignal.any([ending.signal, this.#parts.host.signal]);
    const connection: Connection = { client, signal, running: Promise.resolve() };
    this.#connection = connection;
    await this.#greet(connection);
    if (this.#state.status !== "needs-login") connection.running = this.#run(connection);
  }

  async disconnect(): Promise<void> {
    this.#ending.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#state = STOPPED;
    await connection?.running;
  }

  state(): ChannelState {
    return this.#state;
  }

  async send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const { clock, storage } = this.#services;
    const connection = this.#connection;
    if (!connection) return deferred("The account is not connected.");
    const hold = this.#heldUntil - clock.now();
    if (hold > 0) return deferred("Template name asked for a pause.", hold);
    const { client, signal } = connection;
    let posted = false;
    try {
      const draft = await fromMessage({ client, storage }, message, idempotencyKey, signal);
      posted = true;
      const response = await client.send(message.conversationExternalId, draft, idempotencyKey, signal);
      const result = toSendResult(response, clock.now());
      if (result.outcome === "deferred") this.#heldUntil = clock.now() + result.retryAfterMs;
      return result;
    } catch (error) {
      if (isCrmError(error, "CRM_TEMPLATE_NAME_TOKEN")) this.#say(NEEDS_LOGIN);
      return toUnsentResult(error, posted);
    }
  }

  /** Finds out whether the token is good. Whether Template name is there now is a question that is asked again. */
  async #greet({ client, signal }: Connection): Promise<void> {
    try {
      await client.me(signal);
      this.#say(CONNECTED);
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  async #run({ client, signal }: Connection): Promise<void> {
    let after = 0;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted && this.#state.status !== "needs-login") {
      try {
        for (const update of await client.updates(after, signal)) {
          signal.throwIfAborted();
          await this.#takeOver(client, update, signal);
          after = update.sequence; // the next question confirms it: from here on it is ours
        }
        this.#say(CONNECTED);
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        this.#fail(error, signal);
        await this.#services.clock.sleep(pauseMs, signal).catch(() => undefined); // the loop sees that it is over
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      }
    }
  }

  /** Resolves once the update is committed, or is not for us. What may work later is thrown: it will come again. */
  async #takeOver(client: TemplateNameClient, update: TemplateNameUpdate, signal: AbortSignal): Promise<void> {
    const { host } = this.#parts;
    const { storage } = this.#services;
    if (update.type === "other")
      return host.logger.warn(`Template name sent a "${update.name}" that can't be read here.`);
    if (update.type === "receipt") return host.report([toDeliveryUpdate(update.receipt)]);
    const accountId = host.account.id;
    try {
      const media = await receiveFiles({ client, storage }, accountId, update.message, signal);
      await host.receive(toMessage(accountId, update.message, media));
    } catch (error) {
      const { code, message, retryable, status } = toCrmError(error);
      if (retryable || status >= 500) throw error;
      host.logger.warn(`A message from Template name was refused: ${message}`, { code, externalId: update.message.id });
    }
  }

  #fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { code, message } = toCrmError(error);
    this.#say(code === "CRM_TEMPLATE_NAME_TOKEN" ? NEEDS_LOGIN : { status: "degraded", reason: message });
  }

  #say(state: ChannelState): void {
    if (this.#ending.signal.aborted || state === this.#state) return;
    this.#state = state;
    this.#parts.host.changeState(state);
  }
}
