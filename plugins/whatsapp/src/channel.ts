import { randomInt } from "node:crypto";
import { runOutsideUnitOfWork, toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  DeliveryUpdate,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import type { SecretNamespace } from "@crmessenger/kernel/infrastructure";
import { accountSecrets } from "./auth/account-secrets.ts";
import { AuthStore, forgetDevice } from "./auth/auth-store.ts";
import type { ChannelParts } from "./channel-parts.ts";
import { nextStep, type NextStep } from "./connection/reconnect-policy.ts";
import { WhatsAppConnection } from "./connection/whatsapp-connection.ts";
import { InboxRows } from "./inbound/inbox-rows.ts";
import { Inbox } from "./inbound/inbox.ts";
import { rowMessage, type InboxRow } from "./inbound/inbox-row.ts";
import { Quotable } from "./outbound/quotable.ts";
import { Sender } from "./outbound/sender.ts";
import { SentMessages } from "./outbound/sent-messages.ts";

const NOT_CONNECTED_MS = 1_000;
const NOT_LINKED_MS = 30_000;
const STOPPED: ChannelState = { status: "stopped", reason: "" };
const NEVER_LINKED: ChannelState = { status: "needs-login", reason: "Link a device with a QR code." };

/** A connection with what belongs to it. */
interface Live {
  readonly connection: WhatsAppConnection;
  readonly store: AuthStore;
  readonly sender: Sender;
}

/** How a connection went. */
interface Attempt {
  readonly opened: boolean;
  /** What to do now, after so many connections in a row that did not open. */
  readonly next: (failures: number) => NextStep;
}

/** One WhatsApp account: keeps it connected as a linked device, carries messages both ways and receipts back. */
export class WhatsAppChannel implements Channel {
  readonly #host: ChannelHost;
  readonly #parts: ChannelParts;
  readonly #namespace: SecretNamespace;
  readonly #quotable = new Quotable();
  readonly #rows: InboxRows;
  #state: ChannelState = STOPPED;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #live: Live | undefined;

  constructor(host: ChannelHost, parts: ChannelParts) {
    this.#host = host;
    this.#parts = parts;
    this.#namespace = accountSecrets(parts.secrets, host.account);
    this.#rows = new InboxRows(this.#namespace, parts.clock);
  }

  state(): ChannelState {
    return this.#state;
  }

  async connect(): Promise<void> {
    if (this.#running) return;
    this.#stop = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#host.signal]);
    const { promise, resolve } = Promise.withResolvers<void>();
    // The connection outlives the operation that asked for it, and so must not write into that one's unit of work.
    this.#running = runOutsideUnitOfWork(() => this.#run(signal, resolve));
    await promise;
  }

  async disconnect(): Promise<void> {
    this.#stop.abort(new Error("The channel was disconnected."));
    await this.#running;
    this.#running = undefined;
    this.#change(STOPPED);
  }

  send(message: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const { status, reason } = this.#state;
    if (this.#live?.connection.isOpen) {
      const { sender } = this.#live;
      return runOutsideUnitOfWork(() => sender.send(message, idempotencyKey));
    }
    const patient = status === "connecting" || status === "connected" || status === "stopped";
    return Promise.resolve({
      outcome: "deferred",
      retryAfterMs: patient ? NOT_CONNECTED_MS : NOT_LINKED_MS,
      reason: reason || "WhatsApp is not connected.",
    });
  }

  /** Removes the device from the account and forgets it. Where WhatsApp can't be told, the device is forgotten all the same. */
  async logout(): Promise<void> {
    const live = this.#live;
    if (live?.connection.isOpen) {
      // The answer is that the connection ends; a failure to ask leaves a dead entry in the phone's list of devices.
      await live.connection.socket.logout().catch(() => live.connection.end());
      await live.connection.ended;
    }
    await this.disconnect();
    await forgetDevice(this.#namespace);
  }

  /** Connects again and again, until the reason of an end forbids it or the channel is stopped. */
  async #run(signal: AbortSignal, settled: () => void): Promise<void> {
    const inbox = this.#inbox(signal);
    signal.addEventListener("abort", settled, { once: true });
    let recovered = false;
    for (let failures = 0; !signal.aborted;) {
      let next: NextStep;
      try {
        if (!recovered) await this.#rows.recover(inbox, this.#host.logger);
        recovered = true;
        const attempt = await this.#attempt(inbox, signal, settled);
        failures = attempt.opened ? 0 : failures + 1;
        next = attempt.next(failures);
        if (next.kind === "forget-device") await forgetDevice(this.#namespace);
      } catch (error) {
        failures += 1;
        next = nextStep(0, failures, chance());
        this.#host.logger.error(`The WhatsApp account can't be run and is tried again: ${toCrmError(error).message}`);
      }
      if (signal.aborted) break;
      this.#change(next.state);
      settled();
      if (next.kind !== "reconnect") break;
      await this.#parts.clock.sleep(next.afterMs, signal).catch(() => undefined);
    }
    await inbox.idle();
    // Not reported: whoever has the account now says how it fares.
    if (this.#host.signal.aborted) this.#state = STOPPED;
  }

  /** One connection from beginning to end. */
  async #attempt(inbox: Inbox, signal: AbortSignal, settled: () => void): Promise<Attempt> {
    this.#change({ status: "connecting", reason: "" });
    const live = await this.#open(inbox);
    if (!live) return { opened: false, next: () => ({ kind: "stop", state: NEVER_LINKED }) };
    const { connection, store } = live;
    const end = (): void => connection.end();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    let opened = false;
    void connection.opened.then(() => {
      opened = true;
      this.#change({ status: "connected", reason: "" });
      settled();
    });
    const code = await connection.ended;
    signal.removeEventListener("abort", end);
    this.#live = undefined;
    // Who lost the account must not write any more: somebody else may have it.
    await (this.#host.signal.aborted ? store.abandon() : store.close());
    return { opened, next: (failures) => nextStep(code, failures, chance()) };
  }

  async #open(inbox: Inbox): Promise<Live | undefined> {
    let fail = (_error: unknown): void => undefined;
    const store = await AuthStore.open(this.#namespace, (error) => fail(error));
    if (!store?.creds.me) return undefined;
    const sent = new SentMessages(store);
    await sent.tidy(this.#parts.clock.now());
    const connection = new WhatsAppConnection({
      endpoint: this.#parts.endpoint,
      store,
      inbox,
      nextRowId: () => this.#rows.nextId(),
      report: (updates) => this.#report(updates, sent),
      sentMessage: (id) => sent.find(id),
    });
    fail = (error) => connection.fail(error);
    const { storage, clock } = this.#parts;
    const sender = new Sender({ connection, sent, quotable: this.#quotable, storage, clock });
    this.#live = { connection, store, sender };
    return this.#live;
  }

  async #report(updates: readonly DeliveryUpdate[], sent: SentMessages): Promise<void> {
    await this.#host.report(updates);
    for (const { externalId } of updates) if (externalId !== undefined) sent.forget(externalId);
  }

  #inbox(signal: AbortSignal): Inbox {
    const { clock, storage, media, maxMediaBytes } = this.#parts;
    return new Inbox({
      host: this.#host,
      clock,
      signal,
      files: { storage, source: media, maxBytes: maxMediaBytes, signal },
      aliasOf: (jid) => this.#rows.aliasOf(jid, this.#live?.store),
      accepted: (key, row) => {
        this.#rows.forget(key, this.#live?.store);
        this.#remember(row);
      },
    });
  }

  /** For quoting, should somebody answer it. */
  #remember(row: InboxRow): void {
    const { id = "", from = "" } = row.attrs;
    const message = rowMessage(row);
    if (message) this.#quotable.remember(id, from, message);
  }

  #change(state: ChannelState): void {
    if (state.status === this.#state.status && state.reason === this.#state.reason) return;
    this.#state = state;
    this.#host.changeState(state);
  }
}

function chance(): number {
  return randomInt(1_000) / 1_000;
}
