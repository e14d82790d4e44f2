import { Agent } from "node:https";
import {
  BufferJSON,
  DisconnectReason,
  initAuthCreds,
  makeWASocket,
  type proto,
  WA_CERT_DETAILS,
  type AnyMessageContent,
  type AuthenticationCreds,
  type BaileysEventMap,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type SocketConfig,
  type WAMessage,
  type WASocket,
} from "@whiskeysockets/baileys";
import { vi } from "vitest";
import { silentLogger } from "./silent-logger.ts";
import type { BusinessAccount, WhatsAppServer } from "./index.ts";

/** The stored half of a client: what survives when its process is killed. */
export class ClientStore implements SignalKeyStore {
  readonly #rows = new Map<string, string>();
  #creds = JSON.stringify(initAuthCreds(), BufferJSON.replacer);
  /** Called before each write of keys; a promise it returns holds the write up. */
  beforeSet: ((data: SignalDataSet) => Promise<void> | void) | undefined;
  /** Called after each write of keys, before Baileys goes on. */
  afterSet: ((data: SignalDataSet) => void) | undefined;

  get creds(): AuthenticationCreds {
    return JSON.parse(this.#creds, BufferJSON.reviver);
  }

  saveCreds(creds: AuthenticationCreds): void {
    this.#creds = JSON.stringify(creds, BufferJSON.replacer);
  }

  get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): Record<string, SignalDataTypeMap[T]> {
    const found: Record<string, SignalDataTypeMap[T]> = {};
    for (const id of ids) {
      const row = this.#rows.get(`${type}/${id}`);
      if (row !== undefined) found[id] = JSON.parse(row, BufferJSON.reviver);
    }
    return found;
  }

  async set(data: SignalDataSet): Promise<void> {
    await this.beforeSet?.(data);
    for (const [type, values] of Object.entries(data)) {
      for (const [id, value] of Object.entries(values)) {
        if (value === null) this.#rows.delete(`${type}/${id}`);
        else this.#rows.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer));
      }
    }
    this.afterSet?.(data);
  }

  count(type: keyof SignalDataTypeMap): number {
    return [...this.#rows.keys()].filter((key) => key.startsWith(`${type}/`)).length;
  }

  /** A copy as of now, to come back to. */
  snapshot(): () => void {
    const rows = new Map(this.#rows);
    const creds = this.#creds;
    return () => {
      this.#rows.clear();
      for (const [key, value] of rows) this.#rows.set(key, value);
      this.#creds = creds;
    };
  }
}

/** A Baileys client as an application would run it: it follows restarts, keeps its state in rows and notes events. */
export class WhatsAppClient {
  readonly store: ClientStore;
  readonly received: { message: WAMessage; type: string }[] = [];
  readonly updates: BaileysEventMap["messages.update"] = [];
  readonly qrCodes: string[] = [];
  readonly closeCodes: number[] = [];
  state: string | undefined;
  #socket: WASocket | undefined;
  readonly #server: WhatsAppServer;
  readonly #options: Partial<SocketConfig>;

  constructor(server: WhatsAppServer, options: Partial<SocketConfig> = {}, store = new ClientStore()) {
    this.#server = server;
    this.#options = options;
    this.store = store;
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(server.rootKey, "base64");
  }

  get socket(): WASocket {
    if (!this.#socket) throw new Error("The client is not connected.");
    return this.#socket;
  }

  connect(): this {
    const creds = this.store.creds;
    const socket = makeWASocket({
      auth: { creds, keys: this.store },
      waWebSocketUrl: this.#server.url,
      fetchAgent: new Agent({ ca: this.#server.mediaCertificate }),
      logger: silentLogger,
      shouldSyncHistoryMessage: () => false,
      // Otherwise an early receipt is merged into the echo of the own message instead of being reported.
      emitOwnEvents: false,
      retryRequestDelayMs: 5,
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 1 },
      ...this.#options,
    });
    this.#socket = socket;
    this.state = "connecting";
    socket.ev.on("creds.update", () => this.store.saveCreds(creds));
    socket.ev.on("messages.upsert", ({ messages, type }) => {
      for (const message of messages) this.received.push({ message, type });
    });
    socket.ev.on("messages.update", (updates) => this.updates.push(...updates));
    socket.ev.on("connection.update", (update) => {
      if (this.#socket !== socket) return;
      if (update.qr) this.qrCodes.push(update.qr);
      if (update.connection) this.state = update.connection;
      if (update.connection !== "close") return;
      const code = statusOf(update.lastDisconnect?.error);
      this.closeCodes.push(code);
      if (code === DisconnectReason.restartRequired) this.connect();
    });
    return this;
  }

  /** Shows a QR code and has the account scan it; resolves when the client is logged in. */
  async link(account: BusinessAccount): Promise<this> {
    this.connect();
    await account.scan(await this.qrCode());
    return this.opened();
  }

  async qrCode(index = 0): Promise<string> {
    await vi.waitUntil(() => this.qrCodes[index], { timeout: 10_000, interval: 5 });
    return this.qrCodes[index] as string;
  }

  async opened(): Promise<this> {
    await vi.waitUntil(() => this.state === "open", { timeout: 10_000, interval: 5 });
    return this;
  }

  async closed(code: number): Promise<void> {
    await vi.waitUntil(() => this.closeCodes.includes(code), { timeout: 10_000, interval: 5 });
  }

  /** Ends as a killed process does: nothing more is stored, nothing more is sent. */
  kill(): void {
    const socket = this.socket;
    this.#socket = undefined;
    this.state = undefined;
    this.store.beforeSet = () => Promise.reject(new Error("killed"));
    socket.ws.removeAllListeners("message");
    void socket.end(undefined);
  }

  /** Starts again from what was stored. */
  restart(): WhatsAppClient {
    this.store.beforeSet = undefined;
    this.store.afterSet = undefined;
    return new WhatsAppClient(this.#server, this.#options, this.store).connect();
  }

  async send(jid: string, content: AnyMessageContent, messageId?: string): Promise<string> {
    const sent = await this.socket.sendMessage(jid, content, messageId ? { messageId } : {});
    return sent?.key.id ?? "";
  }

  /** Waits for a message by id. */
  async message(id: string): Promise<WAMessage> {
    await vi.waitUntil(() => this.#find(id), { timeout: 10_000, interval: 5 });
    return this.#find(id) as WAMessage;
  }

  /** Whether a status at least this high was reported for a message. */
  async status(id: string, status: proto.WebMessageInfo.Status): Promise<void> {
    await vi.waitUntil(
      () => this.updates.some((update) => update.key.id === id && (update.update.status ?? -1) >= status),
      { timeout: 10_000, interval: 5 },
    );
  }

  /** The readable messages that came in, in order. */
  get inbound(): WAMessage[] {
    return this.received.map(({ message }) => message).filter((message) => message.message && !message.key.fromMe);
  }

  close(): void {
    void this.#socket?.end(undefined);
    this.#socket = undefined;
  }

  #find(id: string): WAMessage | undefined {
    return this.received.find(({ message }) => message.key.id === id && message.message)?.message;
  }
}

/** The text of a message of any kind. */
export function textOf(message: WAMessage): string | null | undefined {
  return message.message?.conversation ?? message.message?.extendedTextMessage?.text;
}

function statusOf(error: unknown): number {
  return (error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode ?? 0;
}
