import type { ChannelHost, ChannelState, OutboundMessage, SendResult } from "@crmessenger/kernel/communication";
import { isCrmError, toCrmError } from "@crmessenger/kernel";
import { Api } from "telegram";
import { linkLost } from "./connection/link-errors.ts";
import { FileServers } from "./connection/file-servers.ts";
import { LinkKeeper, type LoginLost } from "./connection/link-keeper.ts";
import { rpcTrouble } from "./connection/rpc-trouble.ts";
import type { TelegramLink } from "./connection/telegram-link.ts";
import type { TelegramRequest } from "./connection/telegram-request.ts";
import { Inbox } from "./inbound/inbox.ts";
import { PositionTracker } from "./inbound/position-tracker.ts";
import { UpdateFeed } from "./inbound/update-feed.ts";
import { Sender } from "./outbound/sender.ts";
import { SentIds } from "./outbound/sent-ids.ts";
import { PeerBook } from "./session/peer-book.ts";
import type { AccountStore, Position, SavedLogin } from "./session/account-store.ts";
import type { TelegramServices } from "./telegram-services.ts";

const NOT_CONNECTED_MS = 1_000;
const NO_LOGIN_MS = 60_000;
const FILE_PAUSE_MS = 100;
/** A person need not be told of every short interruption. */
const FAILURES_TO_MENTION = 3;

export interface AccountSessionParts {
  readonly services: TelegramServices;
  readonly host: ChannelHost;
  readonly store: AccountStore;
  readonly login: SavedLogin;
  readonly position: Position;
  readonly onState: (state: ChannelState) => void;
}

/** One logged-in account at work, from connect to disconnect: over as many connections as it takes. */
export class AccountSession {
  readonly #parts: AccountSessionParts;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #keeper: LinkKeeper;
  readonly #inbox: Inbox;
  readonly #feed: UpdateFeed;
  readonly #tracker: PositionTracker;
  readonly #sender: Sender;
  #fileServers: FileServers | undefined;
  #loginLost: LoginLost | undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(parts: AccountSessionParts) {
    const { services, host, store, login, position } = parts;
    const { clock, storage, options } = services;
    this.#parts = parts;
    this.#signal = AbortSignal.any([this.#abort.signal, host.signal]);
    const peers = new PeerBook(store);
    const sentIds = new SentIds();
    const invoke = <Answer>(request: TelegramRequest<Answer>): Promise<Answer> => this.#invoke(request);
    this.#inbox = new Inbox({
      host,
      clock,
      storage,
      peers,
      sentIds,
      signal: this.#signal,
      ownId: login.userId,
      maxMediaBytes: options.maxMediaBytes,
      invoke,
      askFileServer: (dcId, request) => this.#askFileServer(dcId, request),
    });
    this.#tracker = new PositionTracker(position, {
      clock,
      save: (reached) => store.savePosition(reached),
      onError: (error) =>
        host.logger.warn(`How far was received could not be stored yet: ${toCrmError(error).message}`),
    });
    this.#feed = new UpdateFeed({ clock, logger: host.logger, peers, sink: this.#inbox, tracker: this.#tracker });
    this.#sender = new Sender({ clock, storage, peers, sentIds, feed: this.#feed, bot: login.bot, invoke });
    this.#keeper = new LinkKeeper({
      clock,
      signal: this.#signal,
      open: () => this.#open(),
      onOpen: (link) => this.#onOpen(link),
      onDown: (reason, failures) => this.#onDown(reason, failures),
      onLoginLost: (trouble) => this.#onLoginLost(trouble),
    });
  }

  /** Resolves when connected, or when it is known that this takes longer or needs a person. */
  async start(): Promise<void> {
    this.#parts.onState({ status: "connecting", reason: "" });
    await this.#keeper.start();
  }

  /** Resolves when nothing more will be received or reported, and what was is noted. */
  async stop(): Promise<void> {
    this.#abort.abort(linkLost("the account was disconnected."));
    this.#cancelCheck?.();
    this.#feed.detach();
    await this.#keeper.stopped();
    await this.#inbox.idle();
    // Without the lease, somebody else keeps the position.
    if (!this.#parts.host.signal.aborted) await this.#tracker.flush();
  }

  async send(message: OutboundMessage, idempotencyKey: string): Promise<SendResult> {
    if (this.#loginLost !== undefined) return deferred(NO_LOGIN_MS, this.#loginLost.reason);
    if (this.#keeper.link === undefined) return deferred(NOT_CONNECTED_MS, "Telegram is not connected.");
    return this.#sender.send(message, idempotencyKey);
  }

  /** Ends the login at Telegram, where it can be reached. */
  async logOut(): Promise<void> {
    await this.#invoke(new Api.auth.LogOut());
  }

  async #open(): Promise<TelegramLink> {
    const { services, login } = this.#parts;
    const link: TelegramLink = await services.openLink(
      {
        dataCentre: services.dataCentres.stored(login.dataCentre),
        authKey: Buffer.from(login.authKey, "base64"),
        onUpdate: (updates) => this.#feed.push(link, updates),
      },
      this.#signal,
    );
    try {
      // Answers only to those who are logged in; and Telegram pushes updates to those who have asked for something.
      await link.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  #onOpen(link: TelegramLink): void {
    const { services } = this.#parts;
    this.#fileServers = new FileServers(link, (dcId) => services.openForeign(dcId, link.config, this.#signal));
    this.#parts.onState({ status: "connected", reason: "" });
    this.#feed.attach(link);
    this.#checkLater(link);
  }

  #onDown(reason: Error, failures: number): void {
    this.#feed.detach();
    this.#fileServers = undefined;
    const status = failures >= FAILURES_TO_MENTION ? "degraded" : "connecting";
    this.#parts.host.logger.info(`Telegram is not connected: ${reason.message}`, { failures });
    this.#parts.onState({ status, reason: reason.message });
  }

  #onLoginLost(trouble: LoginLost): void {
    this.#feed.detach();
    this.#loginLost = trouble;
    this.#parts.onState({ status: trouble.blocked ? "blocked" : "needs-login", reason: trouble.reason });
  }

  #checkLater(link: TelegramLink): void {
    const { clock, options } = this.#parts.services;
    this.#cancelCheck?.();
    this.#cancelCheck = clock.schedule(options.checkIntervalMs, () => {
      if (this.#keeper.link !== link) return;
      this.#feed.check(options.checkIntervalMs).then(
        () => this.#checkLater(link),
        (error: unknown) => {
          this.#parts.host.logger.debug(`Telegram did not say where its log stands: ${toCrmError(error).message}`);
          this.#checkLater(link);
        },
      );
    });
  }

  async #invoke<Answer>(request: TelegramRequest<Answer>): Promise<Answer> {
    const { link } = this.#keeper;
    if (link === undefined) throw linkLost("there is none at present.");
    try {
      return await link.invoke(request);
    } catch (error) {
      // The keeper opens another connection and finds out what is left of the login.
      if (rpcTrouble(error).kind === "login-lost") link.close();
      throw error;
    }
  }

  /** Files are long, and connections break: a range that was not answered is asked for again over the next one. */
  async #askFileServer<Answer>(dcId: number, request: TelegramRequest<Answer>): Promise<Answer> {
    for (;;) {
      await this.#keeper.connected();
      try {
        if (this.#fileServers !== undefined) return await this.#fileServers.ask(dcId, request);
      } catch (error) {
        if (!isCrmError(error, "CRM_TELEGRAM_LINK_LOST")) throw error;
      }
      await this.#parts.services.clock.sleep(FILE_PAUSE_MS, this.#signal);
    }
  }
}

function deferred(retryAfterMs: number, reason: string): SendResult {
  return { outcome: "deferred", retryAfterMs, reason };
}
