import { type MessagePart, UpdateChannelAccount } from "@crmessenger/kernel/communication";
import { Storage, type StoredFile } from "@crmessenger/kernel/infrastructure";
import { type TestClock, createTestClock, eventually } from "@crmessenger/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAccount } from "./support/open-account.ts";
import type { Reaction } from "./support/other-system.ts";
import { type World, startWorld } from "./support/world.ts";

const KEY = "0190a1b2-0000-7000-8000-000000000001";

describe("an answer to a posted message", () => {
  let clock: TestClock;
  let world: World;
  beforeAll(async () => {
    clock = createTestClock(Date.now());
    world = await startWorld({ clock });
  });
  afterAll(() => world.kernel.stop());

  async function answered(reaction: Reaction) {
    const account = await openAccount(world);
    account.other.react = () => reaction;
    return account;
  }

  it.each<[string, Reaction, string]>([
    ["200", { status: 200 }, KEY],
    ["204", { status: 204 }, KEY],
    ["200 and an id", { status: 200, body: '{"id":"theirs","more":1}' }, "theirs"],
    ["201 and a number", { status: 201, body: '{"id":4711}' }, "4711"],
    ["202 and no JSON", { status: 202, body: "<html>thanks</html>" }, KEY],
    ["200 and no id that can be stored", { status: 200, body: String.raw`{"id":"a\u0000b"}` }, KEY],
    ["200 and an empty id", { status: 200, body: '{"id":""}' }, KEY],
  ])("takes it: %s", async (_, reaction, externalId) => {
    const { send, other } = await answered(reaction);
    const at = new Date(clock.now()).toISOString();
    expect(await send(KEY)).toEqual({ outcome: "accepted", externalId, at });
    expect(other.posted).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 409, 410, 413, 422])("refuses it: %d", async (status) => {
    const { send } = await answered({ status, headers: { "retry-after": "1" } });
    expect(await send(KEY)).toEqual({ outcome: "rejected", reason: `The other system answered ${status}.` });
  });

  it.each([301, 302, 307, 308])("sends it somewhere else, where it does not go: %d", async (status) => {
    const { send, other } = await answered({ status, headers: { location: "/elsewhere" } });
    expect(await send(KEY)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("change the outboundUrl"),
    });
    expect([other.posted.length, other.fetched]).toEqual([1, []]);
  });

  const inHalfAMinute = () => new Date(Math.ceil(clock.now() / 1_000) * 1_000 + 30_000).toUTCString();
  it.each<[string, number, () => string | undefined, number, number]>([
    ["no time", 429, () => undefined, 5_000, 5_000],
    ["no time", 503, () => undefined, 5_000, 5_000],
    ["seconds", 429, () => "30", 30_000, 30_000],
    ["seconds", 503, () => "30", 30_000, 30_000],
    ["a date", 503, inHalfAMinute, 30_000, 31_000],
    ["a date that has passed", 429, () => "Wed, 21 Oct 2015 07:28:00 GMT", 5_000, 5_000],
    ["no seconds at all", 503, () => "0", 5_000, 5_000],
    ["nonsense", 503, () => "soon", 5_000, 5_000],
    ["decades", 503, () => "999999999999", 3_600_000, 3_600_000],
  ])("asks for a pause of %s: %d", async (_, status, after, least, most) => {
    const header = after();
    const { send } = await answered({ status, headers: header === undefined ? {} : { "retry-after": header } });
    const result = await send(KEY);
    expect(result).toMatchObject({ outcome: "deferred", reason: `The other system answered ${status}.` });
    const pause = result.outcome === "deferred" ? result.retryAfterMs : NaN;
    expect([pause >= least, pause <= most]).toEqual([true, true]);
  });

  it("that asks for a pause is respected by all that follows", async () => {
    const { send, other } = await answered({ status: 429, headers: { "retry-after": "30" } });
    await send("first");
    other.react = () => ({ status: 200 });
    await clock.advance(10_000);
    expect(await send("second")).toMatchObject({ outcome: "deferred", retryAfterMs: 20_000 });
    expect(other.posted).toHaveLength(1);
    await clock.advance(20_000);
    expect(await send("second")).toMatchObject({ outcome: "accepted" });
  });

  it.each([408, 500, 502, 504])("leaves open what became of it: %d", async (status) => {
    const { send } = await answered({ status });
    await expect(send(KEY)).rejects.toMatchObject({ code: "CRM_HTTP_CHANNEL_ANSWER", details: { status } });
  });

  it("that does not come leaves open what became of it", async () => {
    const { send, other } = await answered("reset");
    await expect(send(KEY)).rejects.toMatchObject({ code: "CRM_HTTP_INTERRUPTED" });
    other.react = () => "silence";
    const sending = send(KEY).catch((error: unknown) => error);
    await eventually(() => expect(other.posted).toHaveLength(2));
    await clock.advance(20_000);
    expect(await sending).toMatchObject({ code: "CRM_HTTP_TIMEOUT" });
  });

  it("can't come when nobody is there: it is tried later", async () => {
    const { send, other } = await answered({ status: 200 });
    await other.stop();
    expect(await send(KEY)).toMatchObject({ outcome: "deferred", retryAfterMs: 5_000 });
  });
});

describe("a posted message", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.kernel.stop());

  const store = (path: string, content: string, meta: Partial<StoredFile> = {}): Promise<StoredFile> =>
    world.kernel.get(Storage).put(path, Buffer.from(content), { mimeType: "image/png", ...meta });

  it("is signed over the bytes that arrive, under its key", async () => {
    const { send, other } = await openAccount(world);
    const parts = [{ type: "text", text: "Здравствуйте 👋🏽 \u2028 \"'\\ </script>" }] as const;
    await send(`${KEY}:1`, { parts, replyToExternalId: "m-1" });
    expect(other.refused).toEqual([]);
    expect(other.posted).toMatchObject([
      {
        id: `${KEY}:1`,
        headers: { "content-type": "application/json" },
        data: { id: `${KEY}:1`, conversationId: "c-1", text: parts[0].text, replyTo: "m-1" },
      },
    ]);
  });

  it("that is signed with another secret than theirs is refused by them", async () => {
    const [{ send }, stranger] = [await openAccount(world), await openAccount(world)];
    const { send: sendToStranger } = await openAccount(world, { settings: { outboundUrl: stranger.other.inbox } });
    expect(await send(KEY)).toMatchObject({ outcome: "accepted" });
    expect(await sendToStranger(KEY)).toMatchObject({ outcome: "rejected" });
    expect(stranger.other.refused).toEqual([expect.stringContaining("No matching signature")]);
  });

  it("carries its file, with the text beside it", async () => {
    const { send, other } = await openAccount(world);
    const file = await store("out/1", "\x00\xffpng", { fileName: "é.png" });
    const parts: readonly MessagePart[] = [
      { type: "media", kind: "image", file },
      { type: "text", text: "Look" },
    ];
    await send(KEY, { parts });
    const content = Buffer.from("\x00\xffpng").toString("base64");
    const media = [{ kind: "image", mimeType: "image/png", fileName: "é.png", content }];
    expect(other.posted.map(({ data }) => data)).toEqual([{ id: KEY, conversationId: "c-1", text: "Look", media }]);
  });

  it("whose file is gone is refused", async () => {
    const { send, other } = await openAccount(world);
    const file = { path: "out/gone", size: 1, sha256: "0".repeat(64), mimeType: "image/png" };
    expect(await send(KEY, { parts: [{ type: "media", kind: "image", file }] })).toEqual({
      outcome: "rejected",
      reason: "The file is not there any more.",
    });
    expect(other.posted).toEqual([]);
  });

  it("goes nowhere without an address, and nowhere that is not public", async () => {
    const receiver = await openAccount(world, { settings: {} });
    expect(await receiver.send(KEY)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("outboundUrl"),
    });
    const inside = await openAccount(world, { settings: { outboundUrl: "http://127.0.0.2/crm" } });
    expect(await inside.send(KEY)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("allowedHosts"),
    });
  });

  it("waits while the account is not connected", async () => {
    const { channel, send, other } = await openAccount(world);
    await channel.disconnect();
    expect(await send(KEY)).toMatchObject({ outcome: "deferred" });
    expect(other.posted).toEqual([]);
  });
});

describe("a manager's answer", () => {
  let clock: TestClock;
  let world: World;
  beforeEach(async () => {
    clock = createTestClock(Date.now());
    world = await startWorld({ clock });
    return () => world.kernel.stop();
  });

  it("reaches the customer once, however often it takes to learn that it did", async () => {
    const { other, conversationId } = await world.connectConversation();
    const reactions: Reaction[] = [{ status: 500 }, "reset"];
    other.react = () => reactions.shift() ?? { status: 200 };
    const [first, second] = [await world.sendText(conversationId, "one"), await world.sendText(conversationId, "two")];
    await eventually(async () => {
      await clock.advance(500);
      expect((await world.message(second.id)).status).toBe("sent");
    });
    expect((await world.message(first.id)).status).toBe("sent");
    expect(other.posted.map(({ id }) => id)).toEqual([first.id, first.id, first.id, second.id]);
    expect(other.texts).toEqual(["one", "two"]);
  });

  it("waits as long as it is asked to, and what comes after it waits too", async () => {
    const { other, conversationId } = await world.connectConversation();
    other.react = () => ({ status: 503, headers: { "retry-after": "30" } });
    const first = await world.sendText(conversationId, "one");
    await eventually(() => expect(other.posted).toHaveLength(1));
    const second = await world.sendText(conversationId, "two");
    other.react = () => ({ status: 200 });
    await clock.advance(29_000);
    expect(other.posted).toHaveLength(1);
    await clock.advance(2_000);
    await world.reached(second.id, "sent");
    expect([other.texts, (await world.message(first.id)).status]).toEqual([["one", "two"], "sent"]);
  });

  it("that they refuse has failed, with their reason", async () => {
    const { other, conversationId } = await world.connectConversation();
    other.react = () => ({ status: 410 });
    const { id } = await world.sendText(conversationId, "too late");
    expect((await world.reached(id, "failed")).failure).toBe("The other system answered 410.");
  });

  it("of several pieces is sent to the end, though they report on the first one before that", async () => {
    const { other, report, conversationId } = await world.connectConversation();
    const meta = { mimeType: "image/png" };
    const file = await world.kernel.get(Storage).put("out/1", Buffer.from("png"), meta);
    const image: MessagePart = { type: "media", kind: "image", file };
    let isBusy = true;
    other.react = async ({ id }) => {
      if (id.endsWith(":1") && isBusy) return { status: 429, headers: { "retry-after": "1" } };
      expect((await report(id, "delivered")).status).toBe(200);
      return { status: 200 };
    };
    const { id } = await world.send(conversationId, [{ type: "text", text: "Two views" }, image, image]);
    await eventually(() => expect(other.posted.map((posted) => posted.id)).toEqual([id, `${id}:1`]));
    isBusy = false;
    await clock.advance(1_000);
    await world.reached(id, "delivered");
    expect(new Set(other.posted.map((posted) => posted.id))).toEqual(new Set([id, `${id}:1`, `${id}:2`]));
  });

  it("goes to the new address once that has changed", async () => {
    const { account, other, conversationId } = await world.connectConversation();
    const settings = { outboundUrl: `${other.origin}/moved` };
    other.react = () => ({ status: 500 });
    const { id } = await world.sendText(conversationId, "hello");
    await eventually(() => expect(other.posted).toHaveLength(1));
    other.react = () => ({ status: 200 });
    await world.kernel.run(() => world.kernel.bus.dispatch(UpdateChannelAccount, { id: account.id, settings }));
    await eventually(async () => {
      await clock.advance(300);
      expect((await world.message(id)).status).toBe("sent");
    });
    expect(other.posted.map((posted) => posted.id)).toEqual([id, id]);
  });
});
