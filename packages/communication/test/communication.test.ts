import { type Plugin, definePlugin } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  BeginLogin,
  type ChannelHost,
  CommunicationHooks,
  CreateChannelAccount,
  GetChannelAccount,
  GetTimeline,
  ListConversations,
  ListMessages,
  Logout,
  type Message,
  SendMessage,
  SubmitLogin,
  UpdateChannelAccount,
} from "@crmessenger/kernel/communication";
import { memory } from "@crmessenger/memory";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { afterEach, describe, expect, it } from "vitest";
import { communication } from "../src/index.ts";
import { ScriptedChannel, accepted, inbound } from "./scripted-channel.ts";

/** Waits until the probe answers with something. */
function found<T>(probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  return eventually(async () => {
    const answer = await probe();
    if (answer === undefined || answer === false) throw new Error("not yet");
    return answer;
  });
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(channel = new ScriptedChannel(), plugins: readonly Plugin[] = []) {
  const kernel = await createTestKernel({ plugins: [memory(), communication(), channel.plugin(), ...plugins] });
  stops.push(() => kernel.stop());
  const account = await kernel.bus.dispatch(CreateChannelAccount, { type: "scripted", name: "Test", settings: {}, enabled: true });
  return { kernel, channel, account };
}

async function startConnected(plugins: readonly Plugin[] = []) {
  const world = await start(new ScriptedChannel(), plugins);
  const host = await found(() => world.channel.hosts.get(world.account.id));
  return { ...world, host };
}

/** A conversation that somebody has begun. */
async function startConversation(plugins: readonly Plugin[] = []) {
  const world = await startConnected(plugins);
  const { conversationId } = await world.host.receive(inbound(world.account.id, "in-1", "Hello"));
  const messages = async () => (await world.kernel.bus.ask(ListMessages, { conversationId })).items;
  const send = (text: string, id = conversationId) => world.kernel.bus.dispatch(SendMessage, { conversationId: id, parts: [{ type: "text", text }], replyToId: null, origin: null });
  const reached = (id: string, status: Message["status"]) => found(async () => (await messages()).find((message) => message.id === id && message.status === status));
  return { ...world, conversationId, messages, send, reached };
}

describe("inbound", () => {
  it("stores a message with conversation, contact and timeline, once", async () => {
    const { kernel, host, account } = await startConnected();
    const first = await host.receive(inbound(account.id, "m-1", "Hello"));
    const again = await host.receive(inbound(account.id, "m-1", "Hello"));
    expect(first.duplicate).toBe(false);
    expect(again).toEqual({ ...first, duplicate: true });
    const { items } = await kernel.bus.ask(ListMessages, { conversationId: first.conversationId });
    expect(items.map(({ parts, direction, ordinal }) => ({ parts, direction, ordinal }))).toEqual([{ parts: [{ type: "text", text: "Hello" }], direction: "inbound", ordinal: 1 }]);
    const timeline = await kernel.bus.ask(GetTimeline, { contactId: first.contactId });
    expect(timeline.items.map(({ kind }) => kind)).toContain("message");
  });

  it("refuses what a guard denies and stores what a transform made of the rest", async () => {
    const filter = definePlugin({
      id: "filter",
      version: "1.0.0",
      extend(taps) {
        taps.tap(CommunicationHooks.inboundGuard, ({ parts }) => (parts.some((part) => part.type === "text" && part.text.includes("spam")) ? { deny: "spam" } : undefined));
        taps.tap(CommunicationHooks.inboundDraft, (message) => ({ ...message, source: { referrer: "https://example.com" } }));
      },
    });
    const { kernel, host, account } = await startConnected([filter()]);
    await expect(host.receive(inbound(account.id, "m-1", "spam!"))).rejects.toMatchObject({ code: "CRM_HOOK_REFUSED", details: { plugin: "filter" } });
    expect((await kernel.bus.ask(ListConversations, {})).items).toEqual([]);
    expect((await host.receive(inbound(account.id, "m-2", "fine"))).duplicate).toBe(false);
  });

  it("refuses a malformed message with the place that is wrong", async () => {
    const { host, account } = await startConnected();
    const wrong = { ...inbound(account.id, "m-1", "x"), parts: [] };
    await expect(host.receive(wrong)).rejects.toMatchObject({ code: "CRM_BUS_INVALID_INPUT", details: { issues: [expect.objectContaining({ path: "parts" })] } });
  });
});

describe("outbound", () => {
  it("sends in order and remembers the provider's ids", async () => {
    const { channel, send, reached } = await startConversation();
    const first = await send("one");
    const second = await send("two");
    expect(first.status).toBe("queued");
    expect((await reached(second.id, "sent")).externalId).toBe(second.id);
    expect(channel.attempts.map(({ message }) => message.parts)).toEqual([[{ type: "text", text: "one" }], [{ type: "text", text: "two" }]]);
    expect(channel.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([first.id, second.id]);
  });

  it("splits a long text, each piece with a key of its own", async () => {
    const { channel, send, reached } = await startConversation();
    const message = await send("x".repeat(150));
    await reached(message.id, "sent");
    expect(channel.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([message.id, `${message.id}:1`]);
  });

  it("repeats an attempt with an unknown outcome under the same key", async () => {
    const { channel, send, reached } = await startConversation();
    channel.answer = ({ idempotencyKey }) => {
      if (channel.attempts.length === 1) throw new Error("The connection broke.");
      return accepted(idempotencyKey);
    };
    const message = await send("hello");
    await reached(message.id, "sent");
    expect(channel.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([message.id, message.id]);
  });

  it("lets a deferral hold up its conversation and no other", async () => {
    const { channel, host, account, send, reached, kernel } = await startConversation();
    const other = await host.receive(inbound(account.id, "in-2", "Hi", "chat-2"));
    let open = false;
    channel.answer = ({ message, idempotencyKey }) => (message.conversationExternalId === "chat-1" && !open ? { outcome: "deferred", retryAfterMs: 20, reason: "flood" } : accepted(idempotencyKey));
    const held = await send("held");
    const free = await send("free", other.conversationId);
    await found(async () => (await kernel.bus.ask(ListMessages, { conversationId: other.conversationId })).items.find(({ id, status }) => id === free.id && status === "sent"));
    expect((await reached(held.id, "queued")).status).toBe("queued");
    open = true;
    await reached(held.id, "sent");
  });

  it("fails what the provider refuses, and goes on with the next", async () => {
    const { channel, send, reached } = await startConversation();
    channel.answer = ({ message, idempotencyKey }) => (JSON.stringify(message.parts).includes("bad") ? { outcome: "rejected", reason: "Blocked by the user." } : accepted(idempotencyKey));
    const bad = await send("bad");
    const good = await send("good");
    expect(await reached(bad.id, "failed")).toMatchObject({ failure: "Blocked by the user." });
    await reached(good.id, "sent");
  });

  it("says at once what can't be sent", async () => {
    const { send, conversationId, kernel } = await startConversation();
    await expect(send("")).rejects.toMatchObject({ code: "CRM_COMMUNICATION_NOT_SENDABLE", status: 422 });
    await expect(send("hello", "0190a1b2-0000-7000-8000-000000000009")).rejects.toMatchObject({ code: "CRM_COMMUNICATION_CONVERSATION_NOT_FOUND", status: 404 });
    const toNothing = kernel.bus.dispatch(SendMessage, { conversationId, parts: [{ type: "text", text: "re" }], replyToId: "0190a1b2-0000-7000-8000-000000000009", origin: null });
    await expect(toNothing).rejects.toMatchObject({ code: "CRM_COMMUNICATION_REPLY_TARGET", status: 422 });
  });

  it("answers a message by its external id and keeps unusual text, marked", async () => {
    const { channel, conversationId, kernel, messages, reached } = await startConversation();
    const [question] = await messages();
    const reply = await kernel.bus.dispatch(SendMessage, { conversationId, parts: [{ type: "text", text: "a\0b" }], replyToId: (question as Message).id, origin: null });
    expect(reply).toMatchObject({ sanitised: true, parts: [{ type: "text", text: "a\uFFFDb" }] });
    await reached(reply.id, "sent");
    expect(channel.attempts[0]?.message.replyToExternalId).toBe("in-1");
  });

  it("passes every message by the outbound hooks", async () => {
    const compliance = definePlugin({
      id: "compliance",
      version: "1.0.0",
      extend(taps) {
        taps.tap(CommunicationHooks.outboundGuard, ({ message }) => (JSON.stringify(message.parts).includes("secret") ? { deny: "It would leak." } : undefined));
        taps.tap(CommunicationHooks.outboundDraft, (draft) => ({ ...draft, message: { ...draft.message, parts: [{ type: "text" as const, text: "checked" }] } }));
      },
    });
    const { send, messages } = await startConversation([compliance()]);
    await expect(send("secret")).rejects.toMatchObject({ code: "CRM_HOOK_REFUSED" });
    expect((await send("open")).parts).toEqual([{ type: "text", text: "checked" }]);
    expect(await messages()).toHaveLength(2);
  });

  it("gives the same answer to the same idempotency key", async () => {
    const { kernel, conversationId, messages } = await startConversation();
    const input = { conversationId, parts: [{ type: "text" as const, text: "once" }], replyToId: null, origin: null };
    const first = await kernel.bus.dispatch(SendMessage, input, { idempotencyKey: "k" });
    expect(await kernel.bus.dispatch(SendMessage, input, { idempotencyKey: "k" })).toEqual(first);
    expect(await messages()).toHaveLength(2);
  });
});

describe("deliveries", () => {
  const at = "2026-01-02T03:05:00.000Z";

  it("move a message forward only", async () => {
    const { host, send, reached } = await startConversation();
    const message = await send("hello");
    await reached(message.id, "sent");
    await host.report([{ status: "read", at, externalId: message.id }]);
    await reached(message.id, "read");
    await host.report([{ status: "delivered", at, externalId: message.id }, { status: "failed", at, externalId: message.id, failure: "late" }]);
    await reached(message.id, "read");
  });

  it("are kept when they come before the acceptance is known", async () => {
    const { channel, host, send, reached } = await startConversation();
    channel.answer = async ({ idempotencyKey }) => {
      await host.report([{ status: "read", at, externalId: idempotencyKey }]);
      await host.report([{ status: "delivered", at, externalId: idempotencyKey }]); // overtaken on its way
      return accepted(idempotencyKey);
    };
    const message = await send("hello");
    await reached(message.id, "read");
  });

  it("cover everything up to an id, also what is accepted later", async () => {
    const { channel, host, send, reached } = await startConversation();
    let next = 100;
    channel.answer = () => accepted(String((next += 1)));
    const first = await send("one");
    await reached(first.id, "sent");
    await host.report([{ status: "read", at, upToExternalId: "102", conversationExternalId: "chat-1" }]);
    await reached(first.id, "read");
    const second = await send("two");
    await reached(second.id, "read");
    const third = await send("three");
    await reached(third.id, "sent");
  });
});

describe("accounts", () => {
  it("connect when enabled and disconnect when not", async () => {
    const { kernel, channel, account } = await startConnected();
    await found(async () => (await kernel.bus.ask(GetChannelAccount, { id: account.id })).state.status === "connected");
    await kernel.bus.dispatch(UpdateChannelAccount, { id: account.id, enabled: false });
    await found(async () => (await kernel.bus.ask(GetChannelAccount, { id: account.id })).state.status === "stopped");
    expect(channel.connected).toBe(0);
  });

  it("are refused for a type or a login that nobody knows", async () => {
    const { kernel, account } = await start();
    await expect(kernel.bus.dispatch(CreateChannelAccount, { type: "pager", name: "x", settings: {}, enabled: true })).rejects.toMatchObject({ code: "CRM_CHANNEL_UNKNOWN_TYPE", status: 422 });
    await expect(kernel.bus.dispatch(BeginLogin, { id: account.id, method: "qr" })).rejects.toMatchObject({ code: "CRM_CHANNEL_LOGIN_METHOD", status: 422 });
    await expect(kernel.bus.dispatch(BeginLogin, { id: "0190a1b2-0000-7000-8000-000000000009" })).rejects.toMatchObject({ code: "CRM_CHANNEL_NOT_FOUND", status: 404 });
    await expect(kernel.bus.ask(AwaitLoginStep, { id: account.id, after: 0 })).rejects.toMatchObject({ code: "CRM_LOGIN_NONE", status: 404 });
  });

  it("log in step by step, connect, and log out", async () => {
    const { kernel, channel, account } = await start(new ScriptedChannel(["code"]));
    const step = await kernel.bus.dispatch(BeginLogin, { id: account.id });
    expect(step).toMatchObject({ kind: "ask", sequence: 1 });
    await kernel.bus.dispatch(SubmitLogin, { id: account.id, values: { code: "0000" } });
    expect(await kernel.bus.ask(AwaitLoginStep, { id: account.id, after: 1 })).toMatchObject({ kind: "ask", problem: "Wrong code." });
    await kernel.bus.dispatch(SubmitLogin, { id: account.id, values: { code: "1234" } });
    expect(await kernel.bus.ask(AwaitLoginStep, { id: account.id, after: 2 })).toMatchObject({ kind: "done", externalId: "account-7" });
    await found(async () => (await kernel.bus.ask(GetChannelAccount, { id: account.id })).state.status === "connected");
    expect(await kernel.bus.ask(GetChannelAccount, { id: account.id })).toMatchObject({ externalId: "account-7" });
    await kernel.bus.dispatch(Logout, { id: account.id });
    expect(channel.loggedOut).toEqual([account.id]);
    expect((await kernel.bus.ask(GetChannelAccount, { id: account.id })).state.status).toBe("needs-login");
  });

  it("accept nothing from a channel that this process lost", async () => {
    const { kernel, host, account } = await startConnected();
    const held: ChannelHost = host;
    await kernel.stop();
    await expect(held.receive(inbound(account.id, "late", "x"))).rejects.toMatchObject({ code: "CRM_CHANNEL_LEASE_LOST" });
  });
});
