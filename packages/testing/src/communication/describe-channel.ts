import { CrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelAccount,
  ChannelProvider,
  DeliveryStatus,
  OutboundMessage,
} from "@crmessenger/kernel/communication";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../time/eventually.ts";
import { type RecordingHost, createRecordingHost } from "./recording-host.ts";
import { describe, onTestFinished, test } from "../suite/suite-api.ts";

/** How a channel is handed to its suite: with an account that is logged in, and somebody at the other end. */
export interface ChannelHarness {
  /** As test reports show it. */
  readonly name: string;
  /** A provider with a new account on it, and a customer whom nobody has written to yet. */
  create(): Promise<ChannelUnderTest>;
}

export interface ChannelUnderTest {
  readonly provider: ChannelProvider;
  readonly account: ChannelAccount;
  readonly customer: CustomerSide;
  /** Cuts the connection between the channel and its provider, where there is one. */
  interrupt?(): Promise<void>;
  stop?(): Promise<void>;
}

/** The person at the other end, as the provider's own client shows it. */
export interface CustomerSide {
  /** Of the chat with the account, as the channel will report it; may be known only after the first message. */
  readonly conversationExternalId: string;
  /** Sends a text; resolves when the provider has it, whether the channel is connected or not. */
  write(text: string): Promise<void>;
  /** The texts that reached the customer, in order. */
  received(): readonly string[] | Promise<readonly string[]>;
  /** Reads everything; absent where the provider has no read receipts. */
  read?(): Promise<void>;
}

/** What every Channel promises. */
export function describeChannel(harness: ChannelHarness): void {
  describe(`${harness.name}: Channel`, () => {
    const create = async (): Promise<World> => {
      const made = await harness.create();
      const host = createRecordingHost(made.account);
      const channel = made.provider.open(host);
      onTestFinished(async () => {
        await channel.disconnect();
        await made.stop?.();
      });
      return { ...made, host, channel };
    };
    lifecycle(create);
    receiving(create);
    sending(create);
    reporting(create);
    reconnecting(create);
  });
}

interface World extends ChannelUnderTest {
  readonly host: RecordingHost;
  readonly channel: Channel;
}

type Create = () => Promise<World>;

const ids = uuidV7();

const TEXTS = [
  "Здравствуйте! 👋🏽",
  "שלום \u202Eمرحبا",
  "<script>alert('1')</script> & \"quotes\" `ticks`",
  "one\ntwo\n\nthree",
  "4 096 ".repeat(680).trim(),
  "a%b_c\\d {0} ${x}",
];

function textsOf(host: RecordingHost): readonly string[] {
  return host.received.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
}

async function connect({ channel }: World): Promise<void> {
  await channel.connect();
  expect(channel.state()).toMatchObject({ status: "connected" });
}

/** A text for the customer; the chat exists once the customer has written. */
function outbound({ host, customer }: World, text: string): OutboundMessage {
  const chat = host.received[0]?.conversationExternalId ?? customer.conversationExternalId;
  return {
    id: ids.next(),
    conversationId: "conversation",
    conversationExternalId: chat,
    parts: [{ type: "text", text }],
  };
}

async function begin(create: Create): Promise<World> {
  const world = await create();
  await connect(world);
  await world.customer.write("Hello");
  await eventually(() => expect(textsOf(world.host)).toEqual(["Hello"]));
  return world;
}

function lifecycle(create: Create): void {
  test("says what it is and what it can do", async () => {
    const { provider, account } = await create();
    const { capabilities } = provider;
    expect(provider.type).toBe(account.type);
    expect(capabilities.maxTextLength).toBeGreaterThan(0);
    for (const limit of Object.values(capabilities.media)) expect(limit.maxBytes).toBeGreaterThan(0);
    expect(provider.settings.safeParse(account.settings).success).toBe(true);
  });

  test("is opened without connecting, connects, and disconnects", async () => {
    const world = await create();
    expect(world.channel.state().status).toBe("stopped");
    await connect(world);
    await eventually(() => expect(world.host.states.at(-1)).toMatchObject({ status: "connected" }));
    await world.channel.disconnect();
    expect(world.channel.state().status).toBe("stopped");
    await world.channel.disconnect();
  });

  test("refuses a way to log in that it does not have", async () => {
    const { provider, host } = await create();
    await expect(provider.login(host, "by-carrier-pigeon")).rejects.toMatchObject({
      code: "CRM_CHANNEL_LOGIN_METHOD",
      status: 422,
    });
  });
}

function receiving(create: Create): void {
  test("hands over what the customer writes, unchanged and in order", async () => {
    const world = await create();
    await connect(world);
    const texts = TEXTS.filter(({ length }) => length <= world.provider.capabilities.maxTextLength);
    for (const text of texts) await world.customer.write(text);
    await eventually(() => expect(textsOf(world.host)).toEqual(texts));
    const { received, account } = world.host;
    expect(new Set(received.map(({ externalId }) => externalId)).size).toBe(texts.length);
    expect(new Set(received.map(({ conversationExternalId }) => conversationExternalId))).toEqual(
      new Set([world.customer.conversationExternalId]),
    );
    for (const message of received) {
      expect(message).toMatchObject({ channelAccountId: account.id, channelType: account.type });
      expect(message.sender.identities.length).toBeGreaterThan(0);
      expect(message.sentAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(message.sanitised ?? false).toBe(false);
    }
  });

  test("offers a message again that could not be stored, until it is", async () => {
    const world = await create();
    await connect(world);
    world.host.failReceiving(
      new CrmError("CRM_TEST_AWAY", "The database is away.", { status: 503, retryable: true }),
      2,
    );
    const writing = world.customer.write("Do not lose me");
    await eventually(() => expect(textsOf(world.host)).toEqual(["Do not lose me"]), { deadlineMs: 20_000 });
    await writing;
  });
}

function sending(create: Create): void {
  test("sends texts, unchanged and in order", async () => {
    const world = await begin(create);
    const texts = TEXTS.filter(({ length }) => length <= world.provider.capabilities.maxTextLength);
    const accepted = new Set<string>();
    for (const text of texts) {
      const message = outbound(world, text);
      const result = await world.channel.send(message, { idempotencyKey: message.id });
      expect(result).toMatchObject({
        outcome: "accepted",
        externalId: expect.stringMatching(/./),
        at: expect.stringMatching(/Z$/),
      });
      if (result.outcome === "accepted") accepted.add(result.externalId);
    }
    await eventually(async () => expect(await world.customer.received()).toEqual(texts));
    expect(accepted.size).toBe(texts.length);
  });

  test("reaches the customer once however often one key is sent", async () => {
    const world = await begin(create);
    const message = outbound(world, "Only once");
    const results = [
      await world.channel.send(message, { idempotencyKey: message.id }),
      await world.channel.send(message, { idempotencyKey: message.id }),
    ];
    expect(results.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
    const last = outbound(world, "The last one");
    await world.channel.send(last, { idempotencyKey: last.id });
    await eventually(async () => expect(await world.customer.received()).toContain("The last one"));
    expect(await world.customer.received()).toEqual(["Only once", "The last one"]);
  });
}

function reporting(create: Create): void {
  test("reports how far a message came, as far as the provider tells", async () => {
    const world = await begin(create);
    const { deliveryReceipts, readReceipts } = world.provider.capabilities;
    const message = outbound(world, "Has it come?");
    const result = await world.channel.send(message, { idempotencyKey: message.id });
    if (result.outcome !== "accepted") throw new Error(`It was ${result.outcome}: ${result.reason}`);
    await eventually(async () => expect(await world.customer.received()).toEqual(["Has it come?"]));
    const reported = () =>
      world.host.updates.filter(
        ({ externalId, upToExternalId }) =>
          externalId === result.externalId ||
          (upToExternalId !== undefined && Number(upToExternalId) >= Number(result.externalId)),
      );
    const sees = (...statuses: readonly DeliveryStatus[]) =>
      eventually(() =>
        expect([...reported().map(({ status }) => status), result.status]).toEqual(
          expect.arrayContaining([expect.toBeOneOf([...statuses])]),
        ),
      );
    if (deliveryReceipts) await sees("delivered", "read");
    if (!readReceipts || !world.customer.read) return;
    await world.customer.read();
    await sees("read");
  });
}

function reconnecting(create: Create): void {
  test("hands over later what the customer wrote while it was away", async () => {
    const world = await begin(create);
    await world.channel.disconnect();
    const writing = world.customer.write("Anybody there?");
    const again = world.provider.open(world.host);
    onTestFinished(() => again.disconnect());
    expect(textsOf(world.host)).toEqual(["Hello"]);
    await again.connect();
    await eventually(() => expect(textsOf(world.host)).toEqual(["Hello", "Anybody there?"]), { deadlineMs: 20_000 });
    await writing;
  });

  test("comes back by itself after an interruption and misses nothing", async () => {
    const world = await begin(create);
    await world.interrupt?.();
    const writing = world.customer.write("Still there?");
    await eventually(() => expect(textsOf(world.host)).toEqual(["Hello", "Still there?"]), { deadlineMs: 20_000 });
    await writing;
    await eventually(() => expect(world.channel.state().status).toBe("connected"), { deadlineMs: 20_000 });
    const message = outbound(world, "Here we are");
    const result = await world.channel.send(message, { idempotencyKey: message.id });
    expect(result.outcome).toBe("accepted");
    await eventually(async () => expect(await world.customer.received()).toEqual(["Here we are"]));
  });
}
