import { makeWASocket, type BinaryNode, type proto, type WASocket } from "@whiskeysockets/baileys";
import type { DeliveryUpdate } from "@crmessenger/kernel/communication";
import { INBOX_PREFIX, type AuthStore } from "../auth/auth-store.ts";
import { durableSignal } from "../auth/durable-signal.ts";
import type { Inbox } from "../inbound/inbox.ts";
import { ciphertextsOf, rowsOf, type InboxRow } from "../inbound/inbox-row.ts";
import { updatesOf } from "../inbound/receipts.ts";
import { personOf, userOf } from "../jid.ts";
import { Lane } from "../lane.ts";
import { ServerAcks } from "../outbound/server-acks.ts";
import { statusOf } from "./disconnect-reason.ts";
import type { Endpoint } from "./endpoint.ts";
import { holdConsoleQuiet } from "./quiet-console.ts";
import { ReceiptReporter } from "./receipt-reporter.ts";
import { takeOver } from "./take-over.ts";

/** What one connection is made of. */
export interface ConnectionParts {
  readonly endpoint: Endpoint;
  readonly store: AuthStore;
  readonly inbox: Inbox;
  /** Names for rows that sort in the order of the calls. */
  nextRowId(): string;
  report(updates: readonly DeliveryUpdate[]): Promise<void>;
  /** A message sent earlier, for a device that asks for it again. */
  sentMessage(id: string): Promise<proto.IMessage | undefined>;
}

/**
 * One connection of a linked device, from the socket's beginning to its end. Messages are handled strictly in order,
 * the backlog after a login included; each is committed with its ratchet before its receipt leaves, and receipts of the
 * other side are stored before they are acknowledged.
 */
export class WhatsAppConnection {
  readonly acks = new ServerAcks();
  /** Resolves when logged in; never, when the connection ends before. */
  readonly opened: Promise<void>;
  /** Resolves with the reason (Baileys' `DisconnectReason`, 0 if unknown) once nothing is under way any more. */
  readonly ended: Promise<number>;
  readonly #parts: ConnectionParts;
  readonly #socket: WASocket;
  readonly #receipts: ReceiptReporter;
  readonly #messages = new Lane();
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>();
  readonly #ownUsers: Set<string>;
  readonly #over = new AbortController();
  readonly #releaseConsole = holdConsoleQuiet();
  #open = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { store, endpoint } = parts;
    const { me } = store.creds;
    this.#ownUsers = new Set([me?.id, me?.lid].map((jid) => userOf(jid ?? "")).filter(Boolean));
    this.#receipts = new ReceiptReporter(
      (updates) => this.#report(updates),
      (error) => this.fail(error),
    );
    this.#socket = makeWASocket({
      ...endpoint.config,
      auth: { creds: store.creds, keys: store },
      makeSignalRepository: durableSignal(store, {
        stanzaOf: (ciphertext) => this.#stanzas.get(ciphertext),
        rowsFor: (stanza, padded) => this.#rowsFor(stanza, padded),
        committed: (rows) => this.#committed(rows),
        isCommitted: (id) => parts.inbox.knows(id),
      }),
      getMessage: async (key) => (key.id ? parts.sentMessage(key.id) : undefined),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.ended = this.#follow(resolve);
    this.#listen();
  }

  get socket(): WASocket {
    return this.#socket;
  }

  /** The account's own address, as others know it. */
  get ownAddress(): string {
    const { me } = this.#parts.store.creds;
    return personOf(me?.lid ?? me?.id ?? "");
  }

  /** Whether messages can be sent now. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Aborts when the connection is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Closes the socket; `ended` tells when all is quiet. */
  end(): void {
    void this.#socket.end(undefined);
  }

  /** Something could not be stored: nothing more may leave, so that WhatsApp delivers again after the next login. */
  fail(error: unknown): void {
    void this.#socket.end(error instanceof Error ? error : new Error(String(error)));
  }

  #listen(): void {
    const { ev, ws } = this.#socket;
    const { store, inbox } = this.#parts;
    // A failed write ends the connection through the store; nobody else waits for this one.
    ev.on("creds.update", () => void store.saveCreds().catch(() => undefined));
    ws.on("CB:ack,class:message", (ack: BinaryNode) => this.acks.receive(ack));
    takeOver(this.#socket, "CB:message", (stanza, proceed) => {
      // Marked as backlog, Baileys would queue it apart, and newer messages would overtake it.
      delete stanza.attrs["offline"];
      for (const ciphertext of ciphertextsOf(stanza)) this.#stanzas.set(ciphertext, stanza);
      void this.#messages.run(async () => {
        await inbox.room();
        if (!this.#over.signal.aborted) await proceed();
      });
    });
    takeOver(this.#socket, "CB:receipt", (stanza, proceed) => {
      delete stanza.attrs["offline"];
      this.#receipts.add(updatesOf(stanza, this.#ownUsers, Date.now()), proceed);
    });
  }

  /** Follows the connection to its end. */
  async #follow(opened: () => void): Promise<number> {
    const code = await new Promise<number>((resolve) => {
      this.#socket.ev.on("connection.update", ({ connection, lastDisconnect }) => {
        if (connection === "open") {
          this.#open = true;
          opened();
        }
        if (connection === "close") resolve(statusOf(lastDisconnect?.error));
      });
    });
    this.#open = false;
    const reason = new Error(`The connection to WhatsApp ended (${code}).`);
    this.#over.abort(reason);
    this.acks.close(reason);
    await this.#messages.run(async () => undefined);
    await this.#receipts.idle();
    this.#releaseConsole();
    return code;
  }

  #rowsFor(stanza: BinaryNode, padded: Uint8Array): Record<string, InboxRow> {
    return Object.fromEntries(rowsOf(stanza, padded, this.#ownUsers).map((row) => [this.#parts.nextRowId(), row]));
  }

  #committed(rows: Readonly<Record<string, InboxRow>>): void {
    for (const [id, row] of Object.entries(rows)) this.#parts.inbox.add(INBOX_PREFIX + id, row);
  }

  #report(updates: readonly DeliveryUpdate[]): Promise<void> {
    return this.#parts.report(updates);
  }
}
