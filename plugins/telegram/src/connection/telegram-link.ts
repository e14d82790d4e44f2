import type { CrmError } from "@crmessenger/kernel";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import bigInt from "big-integer";
import { Api, Logger, type TelegramClient } from "telegram";
import { AuthKey } from "telegram/crypto/AuthKey.js";
import { LogLevel } from "telegram/extensions/Logger.js";
import { ConnectionTCPFull, MTProtoSender, UpdateConnectionState } from "telegram/network/index.js";
import { LAYER } from "telegram/tl/AllTLObjects.js";
import type { DataCentre } from "./data-centre.ts";
import { keyForgotten, linkLost, unreachable } from "./link-errors.ts";
import { linkSocket } from "./link-socket.ts";
import type { TelegramRequest } from "./telegram-request.ts";

const OPEN_DEADLINE_MS = 20_000;
const REQUEST_DEADLINE_MS = 30_000;
const PING_INTERVAL_MS = 10_000;
/** Telegram hangs up when it has heard nothing for so long. */
const DISCONNECT_DELAY_SECONDS = 60;
/** About one key exchange in 256 fails, because GramJS drops leading zero bytes of the key; the next one works. */
const HANDSHAKE_ATTEMPTS = 3;

/** How the application introduces itself. */
export interface Application {
  readonly apiId: number;
  readonly apiHash: string;
  readonly deviceModel: string;
  readonly appVersion: string;
}

export interface LinkOptions {
  readonly dataCentre: DataCentre;
  readonly application: Application;
  readonly clock: Clock;
  /** Of an earlier login; without it a new key is agreed on. */
  readonly authKey?: Buffer | undefined;
  readonly onUpdate?: (updates: Api.TypeUpdates) => void;
}

/**
 * One connection to a data centre, over GramJS's MTProtoSender. It lives until it breaks or is closed and is never
 * reused: GramJS's own reconnecting loses updates, may give up silently, and can't be cancelled. Whatever was asked and
 * not answered when it ends is rejected with CRM_TELEGRAM_LINK_LOST.
 */
export class TelegramLink {
  readonly dataCentre: DataCentre;
  /** Resolves, with the reason, when the connection is over. */
  readonly closed: Promise<CrmError>;
  readonly #options: LinkOptions;
  readonly #sender: MTProtoSender;
  readonly #authKey = new AuthKey();
  readonly #pending = new Set<(reason: CrmError) => void>();
  readonly #resolveClosed: (reason: CrmError) => void;
  #config: Api.Config | undefined;
  #ended: CrmError | undefined;
  #dialError: unknown;
  #cancelPing: (() => void) | undefined;

  private constructor(options: LinkOptions) {
    const closed = Promise.withResolvers<CrmError>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    this.#options = options;
    this.dataCentre = options.dataCentre;
    this.#sender = this.#createSender();
  }

  /**
   * Dials, agrees on a key unless there is one, and introduces the application. Rejects with
   * CRM_TELEGRAM_UNREACHABLE, CRM_TELEGRAM_KEY_FORGOTTEN, what Telegram answered, or the signal's reason.
   */
  static async open(options: LinkOptions, signal?: AbortSignal): Promise<TelegramLink> {
    signal?.throwIfAborted();
    const link = new TelegramLink(options);
    const abort = (): void => link.close();
    signal?.addEventListener("abort", abort, { once: true });
    const cancelDeadline = options.clock.schedule(OPEN_DEADLINE_MS, abort);
    try {
      await link.#open();
      link.#pingLater();
      return link;
    } catch (error) {
      link.close();
      throw error;
    } finally {
      cancelDeadline();
      signal?.removeEventListener("abort", abort);
      signal?.throwIfAborted();
    }
  }

  /** The key of this connection, 256 bytes: whoever has it is logged in. */
  get authKey(): Buffer {
    const key = this.#authKey.getKey();
    if (key === undefined) throw linkLost("there is no key yet");
    return key;
  }

  /** What Telegram said of itself when the connection was opened. */
  get config(): Api.Config {
    if (this.#config === undefined) throw linkLost("it is not open yet");
    return this.#config;
  }

  /** Asks, and rejects with what Telegram answers (an RPCError of GramJS) or with CRM_TELEGRAM_LINK_LOST. */
  invoke<Answer>(request: TelegramRequest<Answer>, deadlineMs = REQUEST_DEADLINE_MS): Promise<Answer> {
    const ended = this.#ended;
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#options.clock.schedule(deadlineMs, () =>
        this.#end(linkLost("it does not answer any more.")),
      );
      const settle = (): void => {
        cancelDeadline();
        this.#pending.delete(reject);
      };
      this.#pending.add(reject);
      // GramJS types `send` by its base request; the answer is of the request's own kind.
      (this.#sender.send(request as unknown as Api.AnyRequest) as Promise<unknown>).then(
        (answer) => {
          settle();
          resolve(answer as Answer);
        },
        (error: unknown) => {
          settle();
          reject(error as Error);
        },
      );
    });
  }

  /** Ends the connection. Nothing is received any more once this returns. */
  close(): void {
    this.#end(linkLost("it was closed."));
  }

  #createSender(): MTProtoSender {
    const { dataCentre } = this.#options;
    return new MTProtoSender(this.#authKey, {
      logger: silent,
      dcId: dataCentre.id,
      retries: HANDSHAKE_ATTEMPTS,
      reconnectRetries: 0,
      delay: 0,
      autoReconnect: false,
      connectTimeout: undefined,
      isMainSender: true,
      securityChecks: true,
      authKeyCallback: undefined,
      updateCallback: (_client: unknown, update: unknown) => this.#receive(update),
      client: this.#clientStub(),
      _exportedSenderPromises: new Map(),
    });
  }

  /** All that the sender wants of a client: somebody to tell errors to. */
  #clientStub(): TelegramClient {
    const stub = {
      _errorHandler: async (error: unknown) => {
        this.#dialError ??= error;
      },
    };
    return stub as unknown as TelegramClient;
  }

  async #open(): Promise<void> {
    const { dataCentre, authKey, application } = this.#options;
    if (authKey !== undefined) await this.#authKey.setKey(authKey);
    const connection = new ConnectionTCPFull({
      ip: dataCentre.host,
      port: dataCentre.port,
      dcId: dataCentre.id,
      loggers: silent,
      testServers: false,
      socket: linkSocket({ ...dataCentre, onClose: (reason) => this.#end(linkLost(reason)) }),
    });
    const ended = this.closed.then((reason) => {
      throw unreachable(dataCentre.host, dataCentre.port, this.#dialError ?? reason.cause ?? reason);
    });
    const connected = await Promise.race([this.#sender.connect(connection, false), ended]);
    if (!connected) throw unreachable(dataCentre.host, dataCentre.port, this.#dialError);
    this.#config = await this.invoke(
      new Api.InvokeWithLayer({
        layer: LAYER,
        query: new Api.InitConnection({
          apiId: application.apiId,
          deviceModel: application.deviceModel,
          systemVersion: process.platform,
          appVersion: application.appVersion,
          systemLangCode: "en",
          langPack: "",
          langCode: "en",
          query: new Api.help.GetConfig() as unknown as Api.X,
        }) as unknown as Api.X,
      }) as unknown as TelegramRequest<Api.Config>,
    );
  }

  #receive(update: unknown): void {
    if (this.#ended !== undefined) return;
    if (update instanceof UpdateConnectionState) {
      if (update.state === UpdateConnectionState.broken) this.#end(keyForgotten());
      return;
    }
    this.#options.onUpdate?.(update as Api.TypeUpdates);
  }

  #pingLater(): void {
    this.#cancelPing = this.#options.clock.schedule(PING_INTERVAL_MS, () => {
      const ping = new Api.PingDelayDisconnect({
        pingId: bigInt.randBetween(1, Number.MAX_SAFE_INTEGER),
        disconnectDelay: DISCONNECT_DELAY_SECONDS,
      });
      this.invoke(ping, PING_INTERVAL_MS).then(
        () => this.#pingLater(),
        (error: unknown) => this.#end(linkLost(error)),
      );
    });
  }

  #end(reason: CrmError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#cancelPing?.();
    // Without this GramJS would begin to reconnect by itself.
    this.#sender.userDisconnected = true;
    for (const reject of this.#pending) reject(reason);
    this.#pending.clear();
    this.#resolveClosed(reason);
    void this.#sender.disconnect();
  }
}

const silent = new Logger(LogLevel.NONE);
