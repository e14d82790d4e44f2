import type { ExecutionContext, Plugin } from "@crmessenger/kernel";
import {
  type ChannelAccount,
  type ChannelHost,
  type ChannelState,
  CreateChannelAccount,
  GetChannelAccount,
  GetMessage,
  type Message,
  SendMessage,
} from "@crmessenger/kernel/communication";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { type TestKernel, createTestKernel, eventually } from "@crmessenger/testing";
import { onTestFinished } from "vitest";
import { communication } from "../src/index.ts";
import { ScriptedChannel, inbound } from "./scripted-channel.ts";

export interface WorldOptions {
  readonly channel?: ScriptedChannel;
  readonly plugins?: readonly Plugin[];
  readonly clock?: Clock;
  readonly storage?: Plugin;
}

/** Waits until the probe answers with something. */
export function found<T>(probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  return eventually(async () => {
    const answer = await probe();
    if (answer === undefined || answer === false) throw new Error("not yet");
    return answer;
  });
}

/** An application with a scripted channel, and what tests do with it. */
export class World {
  readonly kernel: TestKernel;
  readonly channel: ScriptedChannel;

  constructor(kernel: TestKernel, channel: ScriptedChannel) {
    this.kernel = kernel;
    this.channel = channel;
  }

  createAccount(
    changes: Partial<ChannelAccount> = {},
    context: Partial<ExecutionContext> = {},
  ): Promise<ChannelAccount> {
    const { name = "Test", settings = {}, enabled = true } = changes;
    const input = { type: "scripted", name, settings, enabled };
    return this.kernel.run(() => this.kernel.bus.dispatch(CreateChannelAccount, input), context);
  }

  /** An account that is connected, with its host. */
  async connectAccount(
    context: Partial<ExecutionContext> = {},
  ): Promise<{ account: ChannelAccount; host: ChannelHost }> {
    const account = await this.createAccount({}, context);
    const host = await found(() => this.channel.latest(account.id)?.isLive && this.channel.latest(account.id)?.host);
    return { account, host };
  }

  stateOf(accountId: string): Promise<ChannelState> {
    return this.kernel.run(async () => (await this.kernel.bus.ask(GetChannelAccount, { id: accountId })).state);
  }

  isIn(accountId: string, status: ChannelState["status"]): Promise<ChannelState> {
    return found(async () => {
      const state = await this.stateOf(accountId);
      return state.status === status && state;
    });
  }

  send(conversationId: string, text: string): Promise<Message> {
    const input = { conversationId, parts: [{ type: "text" as const, text }], replyToId: null, origin: null };
    return this.kernel.run(() => this.kernel.bus.dispatch(SendMessage, input));
  }

  message(id: string): Promise<Message> {
    return this.kernel.run(() => this.kernel.bus.ask(GetMessage, { id }));
  }

  reached(id: string, status: Message["status"]): Promise<Message> {
    return found(async () => {
      const message = await this.message(id);
      return message.status === status && message;
    });
  }
}

export async function startWorld({
  channel = new ScriptedChannel(),
  plugins = [],
  storage = memory(),
  ...options
}: WorldOptions = {}): Promise<World> {
  const kernel = await createTestKernel({
    plugins: [storage, communication(), channel.plugin(), ...plugins],
    ...options,
  });
  onTestFinished(() => kernel.stop());
  return new World(kernel, channel);
}

/** A world in which somebody has begun a conversation. */
export async function startConversation(options: WorldOptions = {}) {
  const world = await startWorld(options);
  const { account, host } = await world.connectAccount();
  const { conversationId } = await host.receive(inbound(account.id, "in-1", "Hello"));
  return { world, channel: world.channel, account, host, conversationId };
}
