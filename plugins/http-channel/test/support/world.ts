import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import type { Plugin } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  BeginLogin,
  type ChannelAccount,
  type ChannelState,
  CreateChannelAccount,
  GetChannelAccount,
  GetMessage,
  ListMessages,
  type Message,
  type MessagePart,
  SendMessage,
  SubmitLogin,
} from "@crmessenger/kernel/communication";
import { HttpServer } from "@crmessenger/kernel/http";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel, eventually } from "@crmessenger/testing";
import { onTestFinished } from "vitest";
import { httpChannel } from "../../src/index.ts";
import { OtherSystem, type PostAnswer } from "./other-system.ts";

export interface WorldOptions {
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string>>;
  readonly plugins?: readonly Plugin[];
  /** Where everything is kept, and how others are called. Default in memory, and this machine may be called. */
  readonly foundation?: readonly Plugin[];
}

/** An account of another system, with both ends of it. */
export interface Shop {
  readonly account: ChannelAccount;
  readonly other: OtherSystem;
  /** Where it posts to. */
  readonly hook: string;
  /** Posts a message with these fields. */
  write(fields?: object): Promise<PostAnswer>;
  /** Posts a report about a message of ours. */
  report(messageId: string, status: string, more?: object): Promise<PostAnswer>;
}

/** An application with the channel, as tests drive it. */
export class World {
  readonly kernel: TestKernel;

  constructor(kernel: TestKernel) {
    this.kernel = kernel;
  }

  hook(accountId: string): string {
    return `${this.kernel.get(HttpServer).url}/hooks/http-channel/${accountId}`;
  }

  /** Adds an account; it wants a login. */
  createAccount(settings: Readonly<Record<string, string>> = {}): Promise<ChannelAccount> {
    const { bus } = this.kernel;
    const input = { type: "http", name: "Shop", settings, enabled: true };
    return this.kernel.run(() => bus.dispatch(CreateChannelAccount, input));
  }

  /** Logs the account in with the secret, and waits until it is connected. */
  async logIn(id: string, secret: string): Promise<void> {
    const { bus } = this.kernel;
    await this.kernel.run(async () => {
      const { sequence } = await bus.dispatch(BeginLogin, { id });
      await bus.dispatch(SubmitLogin, { id, values: { secret } });
      await bus.ask(AwaitLoginStep, { id, after: sequence });
    });
    await this.isIn(id, "connected");
  }

  isIn(id: string, status: ChannelState["status"]): Promise<void> {
    return eventually(async () => {
      const { state } = await this.kernel.run(() => this.kernel.bus.ask(GetChannelAccount, { id }));
      if (state.status !== status) throw new Error(`It is ${state.status}: ${state.reason}`);
    });
  }

  /** A connected account whose other system takes messages. Ends with the running test. */
  async connectShop(): Promise<Shop> {
    const other = await OtherSystem.start();
    onTestFinished(() => other.stop());
    const account = await this.createAccount({ outboundUrl: other.inbox });
    await this.logIn(account.id, other.secret);
    const hook = this.hook(account.id);
    const sentAt = new Date().toISOString();
    return {
      account,
      other,
      hook,
      write: (fields) => other.post(hook, { type: "message", data: { ...messageOf("m-1", "Hello!"), ...fields } }),
      report: (messageId, status, more) =>
        other.post(hook, { type: "status", data: { messageId, status, at: sentAt, ...more } }),
    };
  }

  /** A connected account with a conversation that a customer has begun. */
  async connectConversation(): Promise<Shop & { readonly conversationId: string }> {
    const shop = await this.connectShop();
    const { body } = await shop.write();
    return { ...shop, conversationId: body["conversationId"] as string };
  }

  send(conversationId: string, parts: readonly MessagePart[], replyToId: string | null = null): Promise<Message> {
    const input = { conversationId, parts, replyToId, origin: null };
    return this.kernel.run(() => this.kernel.bus.dispatch(SendMessage, input));
  }

  sendText(conversationId: string, text: string): Promise<Message> {
    return this.send(conversationId, [{ type: "text", text }]);
  }

  message(id: string): Promise<Message> {
    return this.kernel.run(() => this.kernel.bus.ask(GetMessage, { id }));
  }

  async messages(conversationId: string): Promise<readonly Message[]> {
    return (await this.kernel.run(() => this.kernel.bus.ask(ListMessages, { conversationId }))).items;
  }

  reached(id: string, status: Message["status"]): Promise<Message> {
    return eventually(async () => {
      const message = await this.message(id);
      if (message.status !== status) throw new Error(`It is ${message.status}.`);
      return message;
    });
  }
}

/** The data of a message from a customer. */
export function messageOf(id: string, text: string) {
  return { id, conversationId: "c-1", sender: { id: "u-1", name: "Anna" }, text, sentAt: "2026-01-02T03:04:05.006Z" };
}

/** Starts an application; whoever starts it stops it. */
export async function startWorld({ plugins = [], foundation = inMemory(), ...options }: WorldOptions = {}) {
  const domain = [sales(), communication(), http({ port: 0 }), httpChannel()];
  return new World(await createTestKernel({ ...options, plugins: [...foundation, ...domain, ...plugins] }));
}

export function inMemory(client: Parameters<typeof httpClient>[0] = {}): readonly Plugin[] {
  return [memory(), httpClient({ allowedHosts: ["127.0.0.1"], ...client })];
}
