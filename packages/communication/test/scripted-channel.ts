import { definePlugin } from "@crmessenger/kernel";
import {
  type Channel,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
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
  readonly hosts = new Map<string, ChannelHost>();
  readonly loggedOut: string[] = [];
  connected = 0;
  /** Decides what becomes of an attempt. */
  answer: (attempt: Attempt) => SendResult | Promise<SendResult> = ({ idempotencyKey }) => accepted(idempotencyKey);

  constructor(loginMethods: readonly string[] = []) {
    this.loginMethods = loginMethods;
  }

  open(host: ChannelHost): Channel {
    this.hosts.set(host.account.id, host);
    let state: ReturnType<Channel["state"]> = { status: "stopped", reason: "" };
    return {
      connect: async () => {
        this.connected += 1;
        state = { status: "connected", reason: "" };
        host.changeState(state);
      },
      disconnect: async () => {
        this.connected -= 1;
      },
      state: () => state,
      send: async (message, { idempotencyKey }) => {
        const attempt = { message, idempotencyKey };
        this.attempts.push(attempt);
        return this.answer(attempt);
      },
    };
  }

  async login(): Promise<LoginFlow> {
    let step: LoginStep = { sequence: 1, kind: "ask", fields: [{ name: "code", label: "Code", secret: true }] };
    let wake: () => void = () => {};
    let moved = new Promise<void>((resolve) => (wake = resolve));
    const advance = (next: LoginStep) => {
      step = next;
      wake();
      moved = new Promise<void>((resolve) => (wake = resolve));
    };
    return {
      async next(after) {
        while (step.sequence <= after) await moved;
        return step;
      },
      async submit({ code }) {
        const sequence = step.sequence + 1;
        if (code === "1234") advance({ sequence, kind: "done", externalId: "account-7", displayName: "Seven" });
        else advance({ sequence, kind: "ask", fields: [{ name: "code", label: "Code", secret: true }], problem: "Wrong code." });
      },
      async cancel() {
        if (step.kind === "ask") advance({ sequence: step.sequence + 1, kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "Cancelled." });
      },
    };
  }

  async logout(host: ChannelHost): Promise<void> {
    this.loggedOut.push(host.account.id);
  }

  plugin() {
    return definePlugin({
      id: "scripted",
      version: "1.0.0",
      deps: { channels: ChannelRegistry },
      permissions: ["communication.message.receive"],
      boot: ({ channels }) => {
        channels.register(this);
        return {};
      },
    })();
  }
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
