import { CrmError, definePlugin } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  ChannelStateChanged,
  CommunicationHooks,
  ListMessages,
  type Message,
  MessageRepository,
  SendMessage,
} from "@crmessenger/kernel/communication";
import { createGate, createTestClock, eventually } from "@crmessenger/testing";
import { describe, expect, it } from "vitest";
import { accepted, inbound } from "./scripted-channel.ts";
import { type World, startConversation } from "./start-world.ts";

const UNKNOWN = "0190a1b2-0000-7000-8000-000000000009";

async function messagesOf(world: World, conversationId: string): Promise<readonly Message[]> {
  const { bus } = world.kernel;
  return (await world.kernel.run(() => bus.ask(ListMessages, { conversationId, limit: 500 }))).items;
}

describe("what is sent", () => {
  it("goes out in order, and the provider's ids are remembered", async () => {
    const { world, channel, conversationId } = await startConversation();
    const first = await world.send(conversationId, "one");
    const second = await world.send(conversationId, "two");
    expect(first.status).toBe("queued");
    expect((await world.reached(second.id, "sent")).externalId).toBe(second.id);
    expect(channel.texts).toEqual(["one", "two"]);
    expect(channel.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([first.id, second.id]);
  });

  it("is split when it is long, each piece with a key of its own", async () => {
    const { world, channel, conversationId } = await startConversation();
    const message = await world.send(conversationId, "x".repeat(150));
    await world.reached(message.id, "sent");
    expect(channel.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([message.id, `${message.id}:1`]);
  });

  it("is refused at once when it can't go", async () => {
    const { world, conversationId } = await startConversation();
    await expect(world.send(conversationId, "")).rejects.toMatchObject({
      code: "CRM_COMMUNICATION_NOT_SENDABLE",
      status: 422,
    });
    await expect(world.send(UNKNOWN, "hello")).rejects.toMatchObject({
      code: "CRM_COMMUNICATION_CONVERSATION_NOT_FOUND",
      status: 404,
    });
    const reply = { conversationId, parts: [{ type: "text" as const, text: "re" }], replyToId: UNKNOWN, origin: null };
    await expect(world.kernel.bus.dispatch(SendMessage, reply)).rejects.toMatchObject({
      code: "CRM_COMMUNICATION_REPLY_TARGET",
      status: 422,
    });
  });

  it("answers a message by its external id, and keeps unusual text, marked", async () => {
    const { world, channel, conversationId } = await startConversation();
    const [question] = await messagesOf(world, conversationId);
    const parts = [{ type: "text" as const, text: "a\0b" }];
    const input = { conversationId, parts, replyToId: question?.id ?? "", origin: null };
    const reply = await world.kernel.bus.dispatch(SendMessage, input);
    expect(reply).toMatchObject({ sanitised: true, parts: [{ type: "text", text: "a\uFFFDb" }] });
    await world.reached(reply.id, "sent");
    expect(channel.attempts[0]?.message.replyToExternalId).toBe("in-1");
  });

  it("passes the outbound hooks", async () => {
    const compliance = definePlugin({
      id: "compliance",
      version: "1.0.0",
      extend(taps) {
        taps.tap(CommunicationHooks.outboundGuard, ({ message }) =>
          JSON.stringify(message.parts).includes("secret") ? { deny: "It would leak." } : undefined,
        );
        taps.tap(CommunicationHooks.outboundDraft, (draft) => ({
          ...draft,
          message: { ...draft.message, parts: [{ type: "text" as const, text: "checked" }] },
        }));
      },
    });
    const { world, conversationId } = await startConversation({ plugins: [compliance()] });
    await expect(world.send(conversationId, "secret")).rejects.toMatchObject({ code: "CRM_HOOK_REFUSED" });
    expect((await world.send(conversationId, "open")).parts).toEqual([{ type: "text", text: "checked" }]);
    expect(await messagesOf(world, conversationId)).toHaveLength(2);
  });

  it("is one message under one idempotency key", async () => {
    const { world, conversationId } = await startConversation();
    const { bus } = world.kernel;
    const input = { conversationId, parts: [{ type: "text" as const, text: "once" }], replyToId: null, origin: null };
    const first = await bus.dispatch(SendMessage, input, { idempotencyKey: "k" });
    expect(await bus.dispatch(SendMessage, input, { idempotencyKey: "k" })).toEqual(first);
    expect(await messagesOf(world, conversationId)).toHaveLength(2);
  });

  it("goes out in order however much there is", async () => {
    const { world, channel, account, conversationId } = await startConversation();
    channel.latest(account.id)?.become("connecting");
    const sent: Message[] = [];
    for (let number = 1; number <= 130; number += 1) sent.push(await world.send(conversationId, `number ${number}`));
    channel.latest(account.id)?.become("connected");
    await world.reached(sent.at(-1)?.id ?? "", "sent");
    expect(channel.texts).toEqual(sent.map((_, index) => `number ${index + 1}`));
  });
});

describe("an attempt", () => {
  it("with an unknown outcome is repeated under the same key, ever more patiently, for as long as it takes", async () => {
    const clock = createTestClock();
    const { world, channel, conversationId } = await startConversation({ clock });
    channel.answer = () => {
      throw new Error("The connection broke.");
    };
    const message = await world.send(conversationId, "hello");
    await eventually(() => expect(channel.attempts).toHaveLength(1));
    await clock.advance(249);
    expect(channel.attempts).toHaveLength(1);
    await clock.advance(1);
    await eventually(() => expect(channel.attempts).toHaveLength(2));
    await clock.advance(60 * 60_000);
    const hourly = channel.attempts.length;
    expect(hourly).toBeGreaterThan(100); // no more than half a minute apart
    channel.answer = ({ idempotencyKey }) => accepted(idempotencyKey);
    await clock.advance(30_000);
    await world.reached(message.id, "sent");
    expect(new Set(channel.attempts.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set([message.id]));
  });

  it("that says when to come again is repeated then", async () => {
    const clock = createTestClock();
    const { world, channel, conversationId } = await startConversation({ clock });
    channel.answer = ({ idempotencyKey }) => {
      if (channel.attempts.length > 1) return accepted(idempotencyKey);
      throw new CrmError("CRM_TEST_BUSY", "Come again in ten seconds.", { retryable: true, retryAfterMs: 10_000 });
    };
    const message = await world.send(conversationId, "hello");
    await eventually(() => expect(channel.attempts).toHaveLength(1));
    await clock.advance(9_999);
    expect(channel.attempts).toHaveLength(1);
    await clock.advance(1);
    await world.reached(message.id, "sent");
  });

  it("that is deferred holds up its conversation and no other", async () => {
    const clock = createTestClock();
    const { world, channel, host, account, conversationId } = await startConversation({ clock });
    const other = await host.receive(inbound(account.id, "in-2", "Hi", "chat-2"));
    let isOpen = false;
    channel.answer = ({ message, idempotencyKey }) => {
      if (message.conversationExternalId !== "chat-1" || isOpen) return accepted(idempotencyKey);
      return { outcome: "deferred", retryAfterMs: 20_000, reason: "flood" };
    };
    const held = await world.send(conversationId, "held");
    const free = await world.send(other.conversationId, "free");
    await world.reached(free.id, "sent");
    expect((await world.message(held.id)).status).toBe("queued");
    isOpen = true;
    await clock.advance(20_000);
    await world.reached(held.id, "sent");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
    "that is deferred for %s milliseconds is made again",
    async (retryAfterMs) => {
      const clock = createTestClock();
      const { world, channel, conversationId } = await startConversation({ clock });
      channel.answer = ({ idempotencyKey }) =>
        channel.attempts.length > 1
          ? accepted(idempotencyKey)
          : { outcome: "deferred", retryAfterMs, reason: "A bug." };
      const message = await world.send(conversationId, "hello");
      await eventually(() => expect(channel.attempts).toHaveLength(1));
      await clock.advance(60 * 60_000);
      await world.reached(message.id, "sent");
    },
  );

  it("that is refused fails the message, and the next one goes on", async () => {
    const { world, channel, conversationId } = await startConversation();
    channel.answer = ({ message, idempotencyKey }) =>
      JSON.stringify(message.parts).includes("bad")
        ? { outcome: "rejected", reason: "Blocked by the user." }
        : accepted(idempotencyKey);
    const bad = await world.send(conversationId, "bad");
    const good = await world.send(conversationId, "good");
    expect(await world.reached(bad.id, "failed")).toMatchObject({ failure: "Blocked by the user." });
    await world.reached(good.id, "sent");
  });

  it("that is accepted under an id which is taken counts, and is not made again", async () => {
    const { world, channel, conversationId } = await startConversation();
    channel.answer = () => accepted("in-1");
    const first = await world.send(conversationId, "one");
    const second = await world.send(conversationId, "two");
    expect(await world.reached(first.id, "sent")).toMatchObject({ externalId: null });
    await world.reached(second.id, "sent");
    expect(channel.texts).toEqual(["one", "two"]);
    expect(world.kernel.log.lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  it("of one account does not wait for those of another", async () => {
    const { world, channel, host, account } = await startConversation();
    const other = await world.connectAccount();
    const free = await other.host.receive(inbound(other.account.id, "free", "Hi"));
    const gate = createGate();
    channel.answer = async ({ message, idempotencyKey }) => {
      if (message.conversationId !== free.conversationId) await gate.opened;
      return accepted(idempotencyKey);
    };
    for (let number = 0; number < 40; number += 1) {
      const { conversationId } = await host.receive(inbound(account.id, `in-${number}`, "Hi", `slow-${number}`));
      await world.send(conversationId, "slow");
    }
    const message = await world.send(free.conversationId, "quick");
    await world.reached(message.id, "sent");
    gate.open();
  });
});

describe("while its account is not connected", () => {
  it("a message waits without being attempted, and goes out when the account connects", async () => {
    const clock = createTestClock();
    const { world, channel, account, conversationId } = await startConversation({ clock });
    channel.latest(account.id)?.become("needs-login", "Scan the code.");
    const message = await world.send(conversationId, "hello");
    await clock.advance(10 * 60_000);
    expect(channel.attempts).toEqual([]);
    channel.latest(account.id)?.become("connected");
    await world.reached(message.id, "sent");
  });

  it("everything waits, and all of it is woken", async () => {
    const clock = createTestClock();
    const { world, channel, host, account, conversationId } = await startConversation({ clock });
    const other = await host.receive(inbound(account.id, "in-2", "Hi", "chat-2"));
    channel.latest(account.id)?.become("connecting");
    const first = await world.send(other.conversationId, "the other one");
    for (let number = 0; number < 501; number += 1) await world.send(conversationId, "many");
    await clock.advance(1_000);
    channel.latest(account.id)?.become("connected");
    await world.reached(first.id, "sent");
    await eventually(() => expect(channel.attempts).toHaveLength(502));
  });

  it("a degraded account is still asked", async () => {
    const { world, channel, account, conversationId } = await startConversation();
    channel.latest(account.id)?.become("degraded", "It is slow.");
    const message = await world.send(conversationId, "hello");
    await world.reached(message.id, "sent");
  });

  it("its state is told to subscribers, as the channel's plugin reports it", async () => {
    const states: string[] = [];
    const watcher = definePlugin({
      id: "watcher",
      version: "1.0.0",
      subscribe(events) {
        events.on(
          ChannelStateChanged,
          async ({ payload, actor }) => void states.push(`${payload.state.status} by ${actor.id}`),
        );
      },
    });
    const { channel, account } = await startConversation({ plugins: [watcher()] });
    channel.latest(account.id)?.become("blocked", "Too much of everything.");
    await eventually(() => expect(states).toEqual(["connected by scripted", "blocked by scripted"]));
  });
});

describe("a stop", () => {
  it("lets what is just being sent be finished, and nothing else begin", async () => {
    const clock = createTestClock();
    const { world, channel, account, conversationId } = await startConversation({ clock });
    const gate = createGate();
    channel.answer = async ({ idempotencyKey }) => {
      await gate.opened;
      return accepted(idempotencyKey);
    };
    channel.latest(account.id)?.become("connecting");
    const [first, second] = [await world.send(conversationId, "one"), await world.send(conversationId, "two")];
    channel.latest(account.id)?.become("connected");
    await eventually(() => expect(channel.attempts).toHaveLength(1));
    const stopping = world.kernel.stop();
    const ask = () => world.kernel.bus.ask(AwaitLoginStep, { id: account.id, after: 0 });
    await eventually(() => expect(ask()).rejects.toMatchObject({ code: "CRM_CHANNEL_STOPPED" }));
    await clock.settle();
    gate.open();
    await stopping;
    const messages = world.kernel.get(MessageRepository);
    expect((await messages.get(first.id))?.status).toBe("sent");
    expect((await messages.get(second.id))?.status).toBe("queued");
    expect(channel.texts).toEqual(["one"]);
  });

  it("does not wait for a provider that never answers", async () => {
    const clock = createTestClock();
    const { world, channel, conversationId } = await startConversation({ clock });
    channel.answer = () => new Promise(() => {});
    const message = await world.send(conversationId, "hello");
    await eventually(() => expect(channel.attempts).toHaveLength(1));
    const stopping = world.kernel.stop();
    await clock.advance(3_000);
    await stopping;
    expect((await world.kernel.get(MessageRepository).get(message.id))?.status).toBe("queued");
    expect(channel.connected).toBe(0);
  });
});
