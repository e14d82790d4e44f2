import { CrmError, definePlugin } from "@crmessenger/kernel";
import {
  type Channel,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
  type ChannelState,
  type InboundMessage,
  type LoginFlow,
  type LoginStep,
  type OutboundMessage,
  type SendResult,
} from "@crmessenger/kernel/communication";
import { z } from "zod";

export interface Attempt {
  readonly message: OutboundMessage;
  readonly idempotencyKey: string;
}

/** A channel that was opened, as a test sees and drives it. */
export interface OpenedChannel {
  readonly host: ChannelHost;
  readonly isLive: boolean;
  /** Goes into this state and says so. */
  become(state: ChannelState["status"], reason?: string): void;
}

/** A channel that does what a test says: a full implementation of the contract without a provider behind it. */
export class ScriptedChannel implements ChannelProvider {
  readonly type = "scripted";
  readonly loginMethods: readonly string[];
  readonly settings = z.looseObject({}) as unknown as ChannelProvider["settings"];
  readonly capabilities = {
    maxTextLength: 100,
    maxCaptionLength: 20,
    media: {},
    replies: true,
    deliveryReceipts: true,
    readReceipts: true,
    writeFirst: true,
  };
  readonly attempts: Attempt[] = [];
  readonly opened: OpenedChannel[] = [];
  readonly loggedOut: string[] = [];
  /** Decides what becomes of an attempt. */
  answer: (attempt: Attempt) => SendResult | Promise<SendResult> = ({ idempotencyKey }) => accepted(idempotencyKey);
  /** Decides how connecting goes; `disconnected` resolves when the channel is told to disconnect. */
  connecting: (host: ChannelHost, disconnected: Promise<void>) => Promise<void> = async () => {};
  /** Happens when a channel is opened, and when a login begins. */
  opening: (host: ChannelHost) => void = () => {};
  beginning: () => Promise<void> = async () => {};

  constructor(loginMethods: readonly string[] = []) {
    this.loginMethods = loginMethods;
  }

  /** How many channels are connected now. */
  get connected(): number {
    return this.opened.filter(({ isLive }) => isLive).length;
  }

  /** The texts that were attempted, in order. */
  get texts(): readonly string[] {
    return this.attempts.flatMap(({ message }) =>
      message.parts.flatMap((part) => (part.type === "text" ? part.text : [])),
    );
  }

  /** The channel that was opened last for the account. */
  latest(accountId: string): OpenedChannel | undefined {
    return this.opened.findLast(({ host }) => host.account.id === accountId);
  }

  open(host: ChannelHost): Channel {
    this.opening(host);
    const { channel, opened } = this.#scripted(host);
    this.opened.push(opened);
    return channel;
  }

  async login(): Promise<LoginFlow> {
    await this.beginning();
    return scriptedLogin();
  }

  async logout(host: ChannelHost): Promise<void> {
    this.loggedOut.push(host.account.id);
  }

  plugin(id = "scripted") {
    return definePlugin({
      id,
      version: "1.0.0",
      deps: { channels: ChannelRegistry },
      permissions: ["communication.message.receive"],
      boot: ({ channels }) => {
        channels.register(this);
        return {};
      },
    })();
  }

  #scripted(host: ChannelHost): { readonly channel: Channel; readonly opened: OpenedChannel } {
    let state: ChannelState = { status: "stopped", reason: "" };
    let isLive = false;
    const disconnected = Promise.withResolvers<void>();
    const become = (status: ChannelState["status"], reason = "") => {
      state = { status, reason };
      host.changeState(state);
    };
    const opened = {
      host,
      become,
      get isLive() {
        return isLive;
      },
    };
    const channel: Channel = {
      connect: async () => {
        state = { status: "connecting", reason: "" };
        await this.connecting(host, disconnected.promise);
        isLive = true;
        become("connected");
      },
      disconnect: async () => {
        isLive = false;
        state = { status: "stopped", reason: "" };
        disconnected.resolve();
      },
      state: () => state,
      send: async (message, { idempotencyKey }) => {
        const attempt = { message, idempotencyKey };
        this.attempts.push(attempt);
        return this.answer(attempt);
      },
    };
    return { channel, opened };
  }
}

/** Asks for a code until it is 1234. */
function scriptedLogin(): LoginFlow {
  const fields = [{ name: "code", label: "Code", secret: true }];
  let step: LoginStep = { sequence: 1, kind: "ask", fields };
  let moved = Promise.withResolvers<void>();
  const advance = (next: LoginStep) => {
    step = next;
    moved.resolve();
    moved = Promise.withResolvers<void>();
  };
  return {
    async next(after) {
      while (step.sequence <= after) await moved.promise;
      return step;
    },
    async submit({ code }) {
      if (step.kind !== "ask")
        throw new CrmError("CRM_LOGIN_NOT_ASKED", "The login asks for nothing now.", { status: 409 });
      const sequence = step.sequence + 1;
      if (code === "1234") advance({ sequence, kind: "done", externalId: "account-7", displayName: "Seven" });
      else advance({ sequence, kind: "ask", fields, problem: "Wrong code." });
    },
    async cancel() {
      if (step.kind !== "ask") return;
      advance({ sequence: step.sequence + 1, kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "Cancelled." });
    },
  };
}

export function accepted(externalId: string): SendResult {
  return { outcome: "accepted", externalId, at: "2026-01-02T03:04:05.006Z" };
}

export function inbound(accountId: string, externalId: string, text: string, chat = "chat-1"): InboundMessage {
  return {
    channelAccountId: accountId,
    channelType: "scripted",
    externalId,
    conversationExternalId: chat,
    sender: { name: "Anna", identities: [{ kind: "scripted", value: `user-of-${chat}`, verified: true }] },
    parts: [{ type: "text", text }],
    sentAt: "2026-01-02T03:04:05.000Z",
  };
}
