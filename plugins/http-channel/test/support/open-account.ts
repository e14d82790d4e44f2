import {
  type Channel,
  type ChannelAccount,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
  type OutboundMessage,
  type SendResult,
} from "@crmessenger/kernel/communication";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import { type RecordingHost, createRecordingHost } from "@crmessenger/testing";
import { onTestFinished } from "vitest";
import { OtherSystem, type PostAnswer } from "./other-system.ts";
import { type World, messageOf } from "./world.ts";

/** A channel alone, whose test stands in for the application. */
export interface OpenAccount {
  readonly channel: Channel;
  readonly host: RecordingHost;
  readonly other: OtherSystem;
  /** Sends a text, or these parts, under the key. */
  send(key: string, fields?: Partial<OutboundMessage>): Promise<SendResult>;
  /** Posts a message with these fields. */
  write(fields?: object): Promise<PostAnswer>;
}

export interface OpenOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Changes what the channel is told of its host. */
  readonly host?: (host: RecordingHost) => ChannelHost;
}

const ids = uuidV7();

/** An account as it is before anybody has logged in. */
export function accountOf(settings: Readonly<Record<string, string>>): ChannelAccount {
  const account = { id: ids.next(), type: "http", name: "Shop", enabled: true, externalId: null, settings };
  const state = { status: "stopped", reason: "" } as const;
  const at = "2026-01-02T03:04:05.006Z";
  return { ...account, state, tenantId: "default", version: 1, createdAt: at, updatedAt: at, deletedAt: null };
}

export function providerOf(world: World): ChannelProvider {
  return world.kernel.get(ChannelRegistry).provider("http");
}

/** Stores the secret for an account. */
export async function logIn(world: World, account: ChannelAccount, secret: string): Promise<void> {
  const flow = await world.kernel.run(() => providerOf(world).login(createRecordingHost(account), "secret"));
  await world.kernel.run(() => flow.submit({ secret }));
}

/** A connected channel with a recording host. Ends with the running test. */
export async function openAccount(world: World, options: OpenOptions = {}): Promise<OpenAccount> {
  const other = await OtherSystem.start();
  const account = accountOf(options.settings ?? { outboundUrl: other.inbox });
  await logIn(world, account, other.secret);
  const host = createRecordingHost(account);
  const channel = providerOf(world).open(options.host?.(host) ?? host);
  await channel.connect();
  onTestFinished(async () => {
    await channel.disconnect();
    await other.stop();
  });
  const hook = world.hook(account.id);
  return {
    channel,
    host,
    other,
    send: (key, fields) => channel.send({ ...outbound(key), ...fields }, { idempotencyKey: key }),
    write: (fields) => other.post(hook, { type: "message", data: { ...messageOf("m-1", "Hello!"), ...fields } }),
  };
}

function outbound(id: string): OutboundMessage {
  return { id, conversationId: "conversation", conversationExternalId: "c-1", parts: [{ type: "text", text: id }] };
}
