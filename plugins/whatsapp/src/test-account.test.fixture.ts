import { createHash } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelAccount,
  ChannelHost,
  ChannelProvider,
  ChannelState,
  DeliveryUpdate,
  InboundMessage,
  InboundReceipt,
  LoginFlow,
  LoginStep,
  MessagePart,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import {
  silentLogger,
  systemClock,
  type Secret,
  type SecretNamespace,
  type Secrets,
  type Storage,
  type StoredFile,
} from "@crmessenger/kernel/infrastructure";
import type { BusinessAccount, WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { vi } from "vitest";
import { endpointOf } from "./connection/endpoint.ts";
import { mediaSource } from "./inbound/media-source.ts";
import { whatsAppOptions } from "./options.ts";
import { WhatsAppProvider } from "./provider.ts";

export const ACCOUNT_ID = "0190a000-0000-7000-8000-000000000001";

/** Secrets that live in the test: what survives when a channel is killed and another takes over. */
export class TestSecrets implements Secrets, SecretNamespace {
  readonly rows = new Map<string, Secret>();
  /** Called before a write takes effect; a promise holds the write up, a rejection fails it. */
  beforeWrite: ((entries: ReadonlyMap<string, Uint8Array | null>) => Promise<void> | void) | undefined;
  /** Called right after a write took effect. */
  afterWrite: ((entries: ReadonlyMap<string, Uint8Array | null>) => void) | undefined;
  writes = 0;

  namespace(): SecretNamespace {
    return this;
  }

  async get(key: string): Promise<Secret | undefined> {
    return this.rows.get(key);
  }

  async getMany(keys: readonly string[]): Promise<ReadonlyMap<string, Secret>> {
    return new Map(keys.flatMap((key) => (this.rows.has(key) ? [[key, this.rows.get(key) as Secret]] : [])));
  }

  set(key: string, value: Uint8Array): Promise<void> {
    return this.setMany(new Map([[key, value]]));
  }

  async setMany(entries: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    await this.beforeWrite?.(entries);
    this.writes += 1;
    for (const [key, value] of entries) {
      if (value === null) this.rows.delete(key);
      else this.rows.set(key, { value, version: (this.rows.get(key)?.version ?? 0) + 1 });
    }
    this.afterWrite?.(entries);
  }

  async compareAndSet(): Promise<boolean> {
    return false;
  }

  async keys(prefix = ""): Promise<readonly string[]> {
    return [...this.rows.keys()].filter((key) => key.startsWith(prefix));
  }

  async clear(): Promise<void> {
    this.rows.clear();
  }
}

/** Files in memory. */
export class TestStorage implements Storage {
  readonly files = new Map<string, { meta: StoredFile; bytes: Buffer }>();

  async put(...[path, content, meta]: Parameters<Storage["put"]>): Promise<StoredFile> {
    const bytes = Buffer.from(content instanceof Uint8Array ? content : await new Response(content).bytes());
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const stored = { ...meta, path, size: bytes.length, sha256 };
    this.files.set(path, { meta: stored, bytes });
    return stored;
  }

  async get(path: string): Promise<ReadableStream<Uint8Array>> {
    const file = this.files.get(path);
    if (!file) throw new CrmError("CRM_STORAGE_NOT_FOUND", "There is no such file.", { status: 404 });
    return new Blob([new Uint8Array(file.bytes)]).stream();
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    return this.files.get(path)?.meta;
  }

  async delete(path: string): Promise<boolean> {
    return this.files.delete(path);
  }
}

/** The kernel's side: keeps what channels hand over, with its own memory of duplicates. */
export class TestHost implements ChannelHost {
  readonly account = { id: ACCOUNT_ID, type: "whatsapp", tenantId: "default" } as ChannelAccount;
  readonly abort = new AbortController();
  readonly fencingToken = 1;
  readonly logger = silentLogger;
  readonly states: ChannelState[] = [];
  externalId: string | undefined;
  readonly #kept: { messages: InboundMessage[]; updates: DeliveryUpdate[]; duplicates: number };
  /** Called before a message is accepted; a rejection refuses it. */
  beforeReceive: ((message: InboundMessage) => Promise<void> | void) | undefined;
  /** Called before updates are stored. */
  beforeReport: ((updates: readonly DeliveryUpdate[]) => Promise<void> | void) | undefined;

  constructor(kept: TestHost["kept"] = { messages: [], updates: [], duplicates: 0 }) {
    this.#kept = kept;
  }

  get kept(): { messages: InboundMessage[]; updates: DeliveryUpdate[]; duplicates: number } {
    return this.#kept;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  async receive(message: InboundMessage): Promise<InboundReceipt> {
    await this.beforeReceive?.(message);
    const duplicate = this.#kept.messages.some((kept) => kept.externalId === message.externalId);
    if (duplicate) this.#kept.duplicates += 1;
    else this.#kept.messages.push(message);
    return { messageId: "", conversationId: "", contactId: "", leadId: "", duplicate };
  }

  async report(updates: readonly DeliveryUpdate[]): Promise<void> {
    await this.beforeReport?.(updates);
    this.#kept.updates.push(...updates);
  }

  changeState(state: ChannelState): void {
    this.states.push(state);
  }

  async identify(externalId: string): Promise<void> {
    this.externalId = externalId;
  }
}

/** One account as a process would run it, able to be killed and started again on the same data. */
export class TestAccount {
  readonly sandbox: WhatsAppSandbox;
  readonly phone: BusinessAccount;
  readonly secrets: TestSecrets;
  readonly storage: TestStorage;
  readonly host: TestHost;
  readonly provider: ChannelProvider;
  channel: Channel;

  constructor(sandbox: WhatsAppSandbox, phone: BusinessAccount, before?: TestAccount) {
    this.sandbox = sandbox;
    this.phone = phone;
    this.secrets = before?.secrets ?? new TestSecrets();
    this.storage = before?.storage ?? new TestStorage();
    this.host = new TestHost(before?.host.kept);
    const endpoint = endpointOf(whatsAppOptions.parse({ server: sandbox.server }));
    this.provider = new WhatsAppProvider({
      endpoint,
      secrets: this.secrets,
      storage: this.storage,
      clock: systemClock,
      media: mediaSource(endpoint.media?.host, endpoint.media?.agent),
      maxMediaBytes: 1_000_000,
    });
    this.channel = this.provider.open(this.host);
  }

  /** Links by QR code and connects. */
  async link(): Promise<this> {
    const flow = await this.provider.login(this.host, "qr");
    const { text } = await stepOf(flow, "show-qr");
    await this.phone.scan(text);
    await stepOf(flow, "done");
    await this.channel.connect();
    return this;
  }

  /** Dies as a killed process does: from now on nothing of it reaches the database, and its sockets are cut. */
  kill(): void {
    const { secrets } = this;
    secrets.beforeWrite = undefined;
    secrets.afterWrite = undefined;
    const dead = (): never => {
      throw new Error("killed");
    };
    this.host.beforeReceive = dead;
    this.host.beforeReport = dead;
    this.host.abort.abort(new Error("killed"));
    this.sandbox.disconnectAll();
  }

  /** Starts again on the same data. */
  async restart(): Promise<TestAccount> {
    const next = new TestAccount(this.sandbox, this.phone, this);
    await next.channel.connect();
    return next;
  }

  async close(): Promise<void> {
    await this.channel.disconnect();
  }

  get messages(): readonly InboundMessage[] {
    return this.host.kept.messages;
  }

  /** Waits for a received message by its id. */
  async received(externalId: string): Promise<InboundMessage> {
    const find = (): InboundMessage | undefined => this.messages.find((message) => message.externalId === externalId);
    return vi.waitUntil(find, { timeout: 10_000, interval: 5 });
  }

  send(to: string, parts: readonly MessagePart[], options: { key: string; replyTo?: string }): Promise<SendResult> {
    const message: OutboundMessage = {
      id: options.key,
      conversationId: "conversation",
      conversationExternalId: to,
      parts,
      ...(options.replyTo === undefined ? {} : { replyToExternalId: options.replyTo }),
    };
    return this.channel.send(message, { idempotencyKey: options.key });
  }

  text(to: string, text: string, key: string): Promise<SendResult> {
    return this.send(to, [{ type: "text", text }], { key });
  }

  async status(externalId: string, status: DeliveryUpdate["status"]): Promise<void> {
    const reported = (): boolean =>
      this.host.kept.updates.some((update) => update.externalId === externalId && update.status === status);
    await vi.waitUntil(reported, { timeout: 10_000, interval: 5 });
  }

  async state(status: ChannelState["status"]): Promise<ChannelState> {
    await vi.waitUntil(() => this.channel.state().status === status, { timeout: 10_000, interval: 5 });
    return this.channel.state();
  }

  rowsOf(prefix: string): string[] {
    return [...this.secrets.rows.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** Follows a login to a step of this kind. */
export async function stepOf<K extends LoginStep["kind"]>(
  flow: LoginFlow,
  kind: K,
): Promise<Extract<LoginStep, { kind: K }>> {
  for (let after = 0; ;) {
    const step = await flow.next(after, AbortSignal.timeout(10_000));
    if (step.kind === kind) return step as Extract<LoginStep, { kind: K }>;
    if (step.kind === "failed") throw new Error(`${step.code}: ${step.reason}`);
    after = step.sequence;
  }
}

/** The external id of an accepted message. */
export function acceptedId(result: SendResult): string {
  if (result.outcome !== "accepted") throw new Error(`The message was ${result.outcome}: ${result.reason}`);
  return result.externalId;
}
