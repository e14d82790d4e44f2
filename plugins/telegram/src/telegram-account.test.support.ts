import { createHash } from "node:crypto";
import { CrmError, createKernel, definePlugin, type Kernel } from "@crmessenger/kernel";
import {
  type Channel,
  type ChannelAccount,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
  type ChannelState,
  type DeliveryUpdate,
  type InboundMessage,
  type InboundReceipt,
  type LoginFlow,
  type LoginStep,
  type MessagePart,
  type OutboundMessage,
  type SendResult,
} from "@crmessenger/kernel/communication";
import {
  type FileMeta,
  type Secret,
  type SecretNamespace,
  Secrets,
  silentLogger,
  Storage,
  type StoredFile,
} from "@crmessenger/kernel/infrastructure";
import {
  startTelegramSandbox,
  type TelegramAccount,
  type TelegramBot,
  type TelegramSandbox,
  type TelegramSandboxOptions,
} from "@crmessenger/sandbox/telegram";
import { telegram } from "./plugin.ts";

export const ACCOUNT_ID = "0190a000-0000-7000-8000-000000000001";

/** Secrets that outlive the kernel under test, as a database would. */
export class TestSecrets implements Secrets {
  readonly rows = new Map<string, Secret>();

  namespace(name: string): SecretNamespace {
    const { rows } = this;
    const full = (key: string): string => `${name}/${key}`;
    const setMany = async (entries: ReadonlyMap<string, Uint8Array | null>): Promise<void> => {
      for (const [key, value] of entries) {
        if (value === null) rows.delete(full(key));
        else rows.set(full(key), { value, version: (rows.get(full(key))?.version ?? 0) + 1 });
      }
    };
    const keys = async (prefix = ""): Promise<string[]> =>
      [...rows.keys()].filter((key) => key.startsWith(full(prefix))).map((key) => key.slice(name.length + 1));
    return {
      get: async (key) => rows.get(full(key)),
      getMany: async (wanted) =>
        new Map(wanted.flatMap((key) => (rows.has(full(key)) ? [[key, rows.get(full(key)) as Secret]] : []))),
      set: (key, value) => setMany(new Map([[key, value]])),
      setMany,
      compareAndSet: async (key, expected, value) => {
        if ((rows.get(full(key))?.version ?? 0) !== expected) return false;
        await setMany(new Map([[key, value]]));
        return true;
      },
      keys,
      clear: async () => {
        for (const key of await keys()) rows.delete(full(key));
      },
    };
  }
}

/** Files in memory. */
export class TestStorage implements Storage {
  readonly files = new Map<string, { readonly stored: StoredFile; readonly bytes: Buffer }>();

  async put(path: string, content: Uint8Array | ReadableStream<Uint8Array>, meta: FileMeta): Promise<StoredFile> {
    const bytes = Buffer.from(content instanceof Uint8Array ? content : await new Response(content).bytes());
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const stored = { ...meta, path, size: bytes.length, sha256 };
    this.files.set(path, { stored, bytes });
    return stored;
  }

  async get(path: string): Promise<ReadableStream<Uint8Array>> {
    const file = this.files.get(path);
    if (file === undefined) throw new CrmError("CRM_STORAGE_NOT_FOUND", "There is no such file.", { status: 404 });
    return new Blob([new Uint8Array(file.bytes)]).stream();
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    return this.files.get(path)?.stored;
  }

  async delete(path: string): Promise<boolean> {
    return this.files.delete(path);
  }
}

/** What the kernel would keep of an account: the same message is kept once. */
export class Ledger {
  readonly received: InboundMessage[] = [];
  readonly reported: DeliveryUpdate[] = [];
  readonly states: ChannelState[] = [];
  duplicates = 0;
  /** Whom the account belongs to, once somebody has logged in. */
  externalId: string | null = null;
  /** Looks at each arrival first; what it throws is thrown at the channel. */
  beforeReceive: (message: InboundMessage) => Promise<void> | void = () => {};

  texts(): string[] {
    return this.received.map((message) => textOf(message.parts));
  }

  /** The kernel's side of one run of the account. */
  host(signal: AbortSignal): ChannelHost {
    return {
      account: { id: ACCOUNT_ID, type: "telegram", externalId: this.externalId, settings: {} } as ChannelAccount,
      signal,
      fencingToken: 1,
      logger: silentLogger,
      receive: (message) => this.#receive(message),
      report: async (updates) => {
        this.reported.push(...updates);
      },
      changeState: (state) => {
        this.states.push(state);
      },
      identify: async () => {},
    };
  }

  async #receive(message: InboundMessage): Promise<InboundReceipt> {
    await this.beforeReceive(message);
    const duplicate = this.received.some(({ externalId }) => externalId === message.externalId);
    if (duplicate) this.duplicates += 1;
    else this.received.push(message);
    return { messageId: message.externalId, conversationId: "c", contactId: "p", leadId: "l", duplicate };
  }
}

/** A sandbox, the plugin booted in a kernel, and one account of it. */
export class TestAccount {
  readonly sandbox: TelegramSandbox;
  readonly secrets = new TestSecrets();
  readonly storage = new TestStorage();
  ledger = new Ledger();
  #kernel: Kernel | undefined;
  #provider: ChannelProvider | undefined;
  #lease = new AbortController();
  #channel: Channel | undefined;

  private constructor(sandbox: TelegramSandbox) {
    this.sandbox = sandbox;
  }

  static async create(options: TelegramSandboxOptions = {}): Promise<TestAccount> {
    const test = new TestAccount(await startTelegramSandbox(options));
    await test.boot();
    return test;
  }

  /** Boots the plugin, as a process would when it starts. */
  async boot(dataCentre = this.sandbox.dataCentre): Promise<void> {
    const options = { apiId: 1, apiHash: "hash", dataCentre, checkIntervalMs: 200 };
    this.#kernel = await createKernel({ plugins: [this.standIns()(), telegram(options)] });
  }

  /** A plugin that provides what ours needs. */
  standIns() {
    const { secrets, storage } = this;
    return definePlugin({
      id: "stand-ins",
      version: "1.0.0",
      provides: { secrets: Secrets, storage: Storage, channels: ChannelRegistry },
      boot: () => ({
        provide: {
          secrets,
          storage,
          channels: registryInto((provider) => {
            this.#provider = provider;
          }),
        },
      }),
    });
  }

  get provider(): ChannelProvider {
    if (this.#provider === undefined) throw new Error("The plugin registered no provider.");
    return this.#provider;
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error("The account is not connected.");
    return this.#channel;
  }

  host(): ChannelHost {
    return this.ledger.host(this.#lease.signal);
  }

  /** Another channel account takes the place of this one. */
  startOver(): void {
    this.ledger = new Ledger();
    this.secrets.rows.clear();
  }

  login(method: string): Promise<LoginFlow> {
    return this.provider.login(this.host(), method);
  }

  /** Logs in by QR code and connects. */
  async connectAs(account: TelegramAccount): Promise<void> {
    const flow = await this.login("qr");
    const shown = await stepOf(flow, "show-qr");
    await account.scan(shown.text);
    this.ledger.externalId = (await stepOf(flow, "done")).externalId;
    await this.connect();
  }

  async connectAsBot(bot: TelegramBot): Promise<void> {
    const flow = await this.login("bot-token");
    await stepOf(flow, "ask");
    await flow.submit({ token: bot.token });
    this.ledger.externalId = (await stepOf(flow, "done")).externalId;
    await this.connect();
  }

  async connect(): Promise<void> {
    this.#channel = this.provider.open(this.host());
    await this.#channel.connect();
  }

  async disconnect(): Promise<void> {
    await this.#channel?.disconnect();
    this.#channel = undefined;
  }

  /** The process may no longer run the account. */
  async loseLease(): Promise<void> {
    this.#lease.abort(new Error("the lease was lost"));
    await this.disconnect();
  }

  /** Ends the process's hold on the account without any good-bye, and lets another process take over. */
  async killAndRestart(): Promise<void> {
    await this.loseLease();
    await this.#restart();
  }

  /** The same without waiting for what the dying process has in hand. */
  async abandon(): Promise<void> {
    this.#lease.abort(new Error("killed"));
    await this.#restart();
  }

  async #restart(): Promise<void> {
    await this.#kernel?.stop();
    this.#lease = new AbortController();
    await this.boot();
    await this.connect();
  }

  send(
    to: number,
    parts: readonly MessagePart[],
    more: Partial<OutboundMessage> & { key?: string } = {},
  ): Promise<SendResult> {
    const { key = `key-${Math.random()}`, ...message } = more;
    const outbound = { id: key, conversationId: "c", conversationExternalId: String(to), parts, ...message };
    return this.channel.send(outbound, { idempotencyKey: key });
  }

  async close(): Promise<void> {
    this.sandbox.faults.clear();
    await this.disconnect();
    await this.#kernel?.stop();
    await this.sandbox.close();
  }
}

/** The next step of this kind, whatever comes before it. */
export async function stepOf<Kind extends LoginStep["kind"]>(
  flow: LoginFlow,
  kind: Kind,
  after = 0,
): Promise<LoginStep & { kind: Kind }> {
  for (let sequence = after; ;) {
    const step = await flow.next(sequence);
    sequence = step.sequence;
    if (step.kind === kind) return step as LoginStep & { kind: Kind };
    if (step.kind === "failed" || step.kind === "done") throw new Error(`The login ended: ${JSON.stringify(step)}`);
  }
}

export function text(content: string): MessagePart[] {
  return [{ type: "text", text: content }];
}

export function textOf(parts: readonly MessagePart[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function registryInto(keep: (provider: ChannelProvider) => void): ChannelRegistry {
  return {
    register: keep,
    types: () => ["telegram"],
    provider: () => {
      throw new Error("Nobody asks in these tests.");
    },
  };
}
