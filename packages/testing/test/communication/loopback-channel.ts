import { CrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelAccount,
  ChannelHost,
  ChannelProvider,
  ChannelState,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import { z } from "zod";
import type { ChannelUnderTest } from "../../src/index.ts";

const now = () => new Date().toISOString();

/** A messenger with one chat in it: what the customer wrote waits until the connected channel has stored it. */
export class Messenger {
  readonly inbox: string[] = [];
  readonly delivered = new Map<string, string>();
  channel: LoopbackChannel | undefined;
  #confirmed = 0;

  write(text: string): void {
    this.inbox.push(text);
    void this.deliver();
  }

  /** Hands over what waits, in order; a message that is refused is offered again. */
  async deliver(): Promise<void> {
    const { channel } = this;
    if (!channel || channel.busy) return;
    channel.busy = true;
    while (this.channel === channel && this.inbox.length > 0) {
      const n = this.#confirmed + 1;
      const accepted = await channel.accept(n, this.inbox[0] as string).then(
        () => true,
        () => false,
      );
      if (!accepted) continue;
      this.inbox.shift();
      this.#confirmed = n;
    }
    channel.busy = false;
  }
}

export class LoopbackChannel implements Channel {
  busy = false;
  readonly #messenger: Messenger;
  readonly #host: ChannelHost;
  #state: ChannelState = { status: "stopped", reason: "" };

  constructor(messenger: Messenger, host: ChannelHost) {
    this.#messenger = messenger;
    this.#host = host;
  }

  async connect(): Promise<void> {
    this.#state = { status: "connected", reason: "" };
    this.#host.changeState(this.#state);
    this.#messenger.channel = this;
    void this.#messenger.deliver();
  }

  async disconnect(): Promise<void> {
    this.#state = { status: "stopped", reason: "" };
    if (this.#messenger.channel === this) this.#messenger.channel = undefined;
  }

  async accept(n: number, text: string): Promise<void> {
    const { id, type } = this.#host.account;
    await this.#host.receive({
      channelAccountId: id,
      channelType: type,
      externalId: `in-${n}`,
      conversationExternalId: "chat",
      sender: { name: "Anna", identities: [{ kind: type, value: "anna", verified: true }] },
      parts: [{ type: "text", text }],
      sentAt: now(),
    });
  }

  async send({ parts }: OutboundMessage, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<SendResult> {
    const [part] = parts;
    if (part?.type !== "text") return { outcome: "rejected", reason: "Only text." };
    if (!this.#messenger.delivered.has(idempotencyKey)) this.#messenger.delivered.set(idempotencyKey, part.text);
    const update = { externalId: idempotencyKey, status: "delivered", at: now() } as const;
    void this.#host.report([update]);
    return { outcome: "accepted", externalId: idempotencyKey, at: now() };
  }

  state(): ChannelState {
    return this.#state;
  }
}

function loopbackProvider(messenger: Messenger): ChannelProvider {
  return {
    type: "loopback",
    capabilities: {
      maxTextLength: 4096,
      maxCaptionLength: 1024,
      media: {},
      replies: false,
      deliveryReceipts: true,
      readReceipts: true,
      writeFirst: true,
    },
    settings: z.strictObject({}) as unknown as ChannelProvider["settings"],
    loginMethods: [],
    open: (host) => new LoopbackChannel(messenger, host),
    login: async (_, method) => {
      throw new CrmError("CRM_CHANNEL_LOGIN_METHOD", `There is no way to log in by "${method}".`, { status: 422 });
    },
    logout: async () => undefined,
  };
}

const account: ChannelAccount = {
  id: "account",
  tenantId: "default",
  version: 1,
  createdAt: now(),
  updatedAt: now(),
  deletedAt: null,
  type: "loopback",
  name: "Loopback",
  enabled: true,
  settings: {},
  externalId: null,
  state: { status: "stopped", reason: "" },
};

/** A channel of the messenger, as a correct plugin has it. `change` may break the provider. */
export async function loopbackUnderTest(
  change: (provider: ChannelProvider, messenger: Messenger) => ChannelProvider = (provider) => provider,
): Promise<ChannelUnderTest> {
  const messenger = new Messenger();
  const hosts: ChannelHost[] = [];
  const provider = change(loopbackProvider(messenger), messenger);
  return {
    account,
    provider: { ...provider, open: (host) => (hosts.push(host), provider.open(host)) },
    customer: {
      conversationExternalId: "chat",
      write: async (text) => messenger.write(text),
      received: () => [...messenger.delivered.values()],
      async read() {
        const read = { status: "read", at: now() } as const;
        await hosts[0]?.report([...messenger.delivered.keys()].map((externalId) => ({ ...read, externalId })));
      },
    },
  };
}
