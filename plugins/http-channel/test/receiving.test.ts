import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CrmError, definePlugin } from "@crmessenger/kernel";
import {
  CommunicationHooks,
  ConversationRepository,
  GetTimeline,
  type Message,
} from "@crmessenger/kernel/communication";
import { type Criteria, where } from "@crmessenger/kernel/infrastructure";
import { ChannelIdentityRepository, ContactRepository, LeadRepository } from "@crmessenger/kernel/sales";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromMessage } from "../src/from-message.ts";
import { webhookPayload } from "../src/payload.ts";
import { type Shop, type World, messageOf, startWorld } from "./support/world.ts";

/** Refuses what it takes for spam, and fails where it is told to. */
const filter = definePlugin({
  id: "filter",
  version: "1.0.0",
  extend(taps) {
    const says = (message: { parts: Message["parts"] }, word: string) => JSON.stringify(message.parts).includes(word);
    taps.tap(CommunicationHooks.inboundGuard, (message) =>
      says(message, "spam") ? { deny: "It is spam." } : undefined,
    );
    taps.tap(CommunicationHooks.inboundDraft, (message) => {
      if (says(message, "stumble")) throw new Error("postgres://crm:hunter2@db is away");
      if (says(message, "later")) throw new CrmError("CRM_FILTER_BUSY", "hunter2", { status: 409, retryable: true });
      return message;
    });
  },
});

let world: World;
beforeAll(async () => {
  world = await startWorld({ plugins: [filter()] });
});
afterAll(() => world.kernel.stop());

const textsOf = async (conversationId: unknown): Promise<readonly unknown[]> =>
  (await world.messages(conversationId as string)).flatMap(({ parts }) =>
    parts.map((part) => (part.type === "text" ? part.text : part.type)),
  );

/** How many conversations the shop has. */
async function conversationsOf({ account }: Shop): Promise<number> {
  const ofAccount: Criteria = where("channelAccountId").eq(account.id);
  const { items } = await world.kernel.run(() => world.kernel.get(ConversationRepository).find(ofAccount));
  return items.length;
}

describe("the README", () => {
  it("shows payloads as they are", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const blocks = [...readme.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(
      ([, json = ""]) => JSON.parse(json) as unknown,
    );
    const [message, status, answer] = blocks;
    expect([blocks.length, webhookPayload.parse(message), webhookPayload.parse(status)]).toEqual([3, message, status]);
    const file = { path: "a", size: 1, sha256: "", mimeType: "image/jpeg", fileName: "1.jpg" };
    const parts = [
      { type: "media", kind: "image", file },
      { type: "text", text: "Good morning" },
    ] as const;
    const id = "0190a1b2-0000-7000-8000-000000000001";
    const outbound = { id, conversationId: "", conversationExternalId: "c-1", parts, replyToExternalId: "m-1" };
    const posted = fromMessage(id, outbound, [Buffer.alloc(0)]).replace('"content":""', '"content":"<base64>"');
    expect(JSON.parse(posted)).toEqual(answer);
  });
});

describe("a message", () => {
  it("that is accepted has made a contact, a lead, a conversation and a timeline", async () => {
    const { write, account } = await world.connectShop();
    const sender = { id: "u-9", name: "Anna", phone: "+1 (213) 373-4253", email: "Anna@Example.org" };
    const utm = { source: "newsletter", campaign: "spring" };
    const { status, body } = await write({
      sender,
      utm,
      referrer: "https://example.org/",
      sentAt: "2026-01-02T06:04:05+03:00",
    });
    expect([status, body]).toEqual([
      200,
      { messageId: expect.any(String), conversationId: expect.any(String), duplicate: false },
    ]);
    const [message] = await world.messages(body["conversationId"] as string);
    expect(message).toMatchObject({
      id: body["messageId"],
      externalId: "m-1",
      direction: "inbound",
      author: { kind: "contact", name: "Anna" },
      parts: [{ type: "text", text: "Hello!" }],
      sentAt: "2026-01-02T03:04:05.000Z",
      sanitised: false,
    });
    const { kernel } = world;
    const contactId = message?.author.id ?? "";
    await kernel.run(async () => {
      expect(await kernel.get(ContactRepository).get(contactId)).toMatchObject({ name: "Anna" });
      const { items: identities } = await kernel.get(ChannelIdentityRepository).find(where("contactId").eq(contactId));
      expect(identities.map(({ kind, value, verified }) => [kind, value, verified])).toEqual(
        expect.arrayContaining([
          ["http", `${account.id}/u-9`, true],
          ["phone", "+12133734253", false],
          ["email", "anna@example.org", false],
        ]),
      );
      const { items: leads } = await kernel.get(LeadRepository).find(where("contactId").eq(contactId));
      const source = { channel: "http", channelAccountId: account.id, utm, referrer: "https://example.org/" };
      expect(leads).toMatchObject([{ title: "Anna", status: "new", source }]);
      const timeline = await kernel.bus.ask(GetTimeline, { contactId });
      expect(timeline.items.map(({ kind }) => kind)).toContain("message");
    });
  });

  it("that comes again, even at once, is a duplicate without effect", async () => {
    const { write } = await world.connectShop();
    const answers = await Promise.all(Array.from({ length: 8 }, () => write()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(answers.filter(({ body }) => body["duplicate"] === false)).toHaveLength(1);
    const again = await write({ text: "Changed in between" });
    expect(again.body).toEqual({ ...answers[0]?.body, duplicate: true });
    expect(await textsOf(again.body["conversationId"])).toEqual(["Hello!"]);
  });

  it("keeps the order of its conversation, and belongs to one person however many conversations there are", async () => {
    const { write } = await world.connectShop();
    const first = await write();
    for (const text of ["one", "two", "three"]) await write({ id: `m-${text}`, text });
    const elsewhere = await write({ id: "m-elsewhere", conversationId: "c-2" });
    expect(await textsOf(first.body["conversationId"])).toEqual(["Hello!", "one", "two", "three"]);
    const [one] = await world.messages(first.body["conversationId"] as string);
    const [other] = await world.messages(elsewhere.body["conversationId"] as string);
    expect(other?.conversationId).not.toBe(one?.conversationId);
    expect(other?.author.id).toBe(one?.author.id);
  });

  it("of one account is none of another's, though all ids are the same", async () => {
    const [shop, neighbour] = [await world.connectShop(), await world.connectShop()];
    const [mine, theirs] = [await shop.write(), await neighbour.write()];
    expect(theirs.body).toMatchObject({ duplicate: false });
    const authors = [mine, theirs].map(
      async ({ body }) => (await world.messages(body["conversationId"] as string))[0]?.author.id,
    );
    expect(new Set(await Promise.all(authors)).size).toBe(2);
  });

  it("answers an earlier one, theirs or ours", async () => {
    const { write, conversationId, other } = await world.connectConversation();
    other.react = () => ({ status: 201, body: JSON.stringify({ id: 4711 }) });
    const [question] = await world.messages(conversationId);
    const sent = await world.sendText(conversationId, "How are you?");
    await world.reached(sent.id, "sent");
    await write({ id: "m-2", text: "To myself", replyTo: "m-1" });
    await write({ id: "m-3", text: "To you", replyTo: "4711" });
    await write({ id: "m-4", text: "To nobody", replyTo: "m-404" });
    const replies = (await world.messages(conversationId)).slice(2);
    expect(replies.map(({ replyToId }) => replyToId)).toEqual([question?.id, sent.id, null]);
  });

  it.each([
    ["emoji and joiners", "👩🏽‍🚀 café ﷽"],
    ["right to left", "שלום \u202Eمرحبا"],
    ["markup and templates", "<b>'\"&{0}</b> ${x} %s \\n"],
    ["blanks", " \t\r\n "],
    ["5 000 characters", "ж".repeat(5_000)],
    ["65 536 characters", "😀".repeat(32_768)],
  ])("keeps its text as it came: %s", async (_, text) => {
    const { write } = await world.connectShop();
    const { body } = await write({ text });
    const [message] = await world.messages(body["conversationId"] as string);
    expect(message).toMatchObject({ parts: [{ type: "text", text }], sanitised: false });
  });

  it("of the greatest length fits in a request, even with every character escaped", async () => {
    const { other, hook } = await world.connectShop();
    const json = JSON.stringify({ type: "message", data: messageOf("m-1", "TEXT") });
    const escaped = json.replace("TEXT", String.raw`\u20ac`.repeat(65_536));
    const { status, body } = await other.post(hook, escaped);
    expect([status, await textsOf(body["conversationId"])]).toEqual([200, ["€".repeat(65_536)]]);
  });

  it.each([
    ["its text", "a\0b\uD800c\uDFFF", "Anna", "a\uFFFDb\uFFFDc\uFFFD", "Anna"],
    ["its sender's name", "Hello!", "An\0na", "Hello!", "An\uFFFDna"],
  ])("loses NUL and lone surrogates in %s, and says so", async (_, text, name, keptText, keptName) => {
    const { write } = await world.connectShop();
    const { body } = await write({ text, sender: { id: "u-1", name } });
    const [message] = await world.messages(body["conversationId"] as string);
    const parts = [{ type: "text", text: keptText }];
    expect(message).toMatchObject({ parts, author: { name: keptName }, sanitised: true });
  });
});

describe("a request is refused", () => {
  const sender = { id: "u-1", name: "Anna" };
  const media = { url: "https://example.org/a.png", mimeType: "image/png" };

  it.each([
    ["no text and no media", { text: undefined }, "text or media is needed"],
    ["a text of 65 537 characters", { text: "x".repeat(65_537) }, '"data.text"'],
    ["no id", { id: undefined }, '"data.id"'],
    ["an id with NUL", { id: "a\0b" }, "NUL"],
    ["an id with a lone surrogate", { id: "a\uD800" }, "surrogates"],
    ["an id of 301 characters", { id: "x".repeat(301) }, '"data.id"'],
    ["a sender without an id", { sender: { name: "Anna" } }, '"data.sender.id"'],
    ["an unknown field", { colour: "red" }, "colour"],
    ["a time without a zone", { sentAt: "2026-01-02T03:04:05" }, '"data.sentAt"'],
    ["a time before 1970", { sentAt: "1969-12-31T23:59:59Z" }, "1970"],
    ["a time after 9999", { sentAt: "9999-12-31T23:59:59-01:00" }, "9999"],
    ["eleven files", { media: Array.from({ length: 11 }, () => media) }, '"data.media"'],
    ["a file that is not on the web", { media: [{ ...media, url: "file:///etc/passwd" }] }, '"data.media.0.url"'],
    ["a file of no type", { media: [{ ...media, mimeType: "png" }] }, "MIME"],
    ["a phone that is no text", { sender: { ...sender, phone: 5 } }, '"data.sender.phone"'],
  ])("for %s, and the place is named", async (_, fields, place) => {
    const shop = await world.connectShop();
    const { status, headers, body } = await shop.write(fields);
    expect([status, body]).toMatchObject([422, { code: "CRM_HTTP_CHANNEL_PAYLOAD", status: 422 }]);
    expect(body["detail"]).toContain(place);
    expect([headers.get("content-type"), headers.get("retry-after")]).toEqual(["application/problem+json", null]);
    expect(await conversationsOf(shop)).toBe(0);
  });

  it.each([
    ["nothing", ""],
    ["half of it", '{"type":"message","data":{'],
    ["another thing", "[]"],
    ["an unknown type", '{"type":"greeting","data":{}}'],
  ])("when the body is %s", async (_, bytes) => {
    const { other, hook } = await world.connectShop();
    expect(await other.post(hook, bytes)).toMatchObject({ status: 422, body: { code: "CRM_HTTP_CHANNEL_PAYLOAD" } });
  });

  it("when the body is no UTF-8, though it is signed", async () => {
    const { other, hook } = await world.connectShop();
    const bytes = Buffer.from('{"type":"\xff"}', "latin1");
    const [key, timestamp] = [Buffer.from(other.secret.slice(6), "base64"), String(Math.floor(Date.now() / 1_000))];
    const signature = createHmac("sha256", key).update(`id.${timestamp}.`).update(bytes).digest("base64");
    const headers = { "webhook-id": "id", "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
    const { status, body } = await other.post(hook, bytes, { headers });
    expect([status, body["detail"]]).toEqual([422, "The body is no JSON in UTF-8."]);
  });

  it("when it is too large, or no POST", async () => {
    const { other, hook } = await world.connectShop();
    expect((await other.post(hook, Buffer.alloc(512 * 1024 + 1, " "))).status).toBe(413);
    expect((await fetch(hook)).status).toBe(405);
  });

  it("when its signature is missing, false, or of another time", async () => {
    const shop = await world.connectShop();
    const { other, hook } = shop;
    const body = { type: "message", data: messageOf("m-1", "Hello!") };
    const stranger = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const refused = [
      await other.post(hook, body, { secret: stranger }),
      await other.post(hook, body, { at: Date.now() - 302_000 }),
      await other.post(hook, body, { at: Date.now() + 302_000 }),
      await other.post(hook, body, { headers: { "webhook-id": "another" } }),
      await other.post(hook, body, { headers: { "webhook-timestamp": "" } }),
      await other.post(hook, body, { headers: { "webhook-signature": "v1," } }),
      await other.post(hook, "{}", { secret: stranger }),
    ];
    for (const { status, body, headers } of refused) {
      expect([status, body]).toMatchObject([401, { code: "CRM_HTTP_CHANNEL_SIGNATURE" }]);
      expect(headers.get("retry-after")).toBeNull();
    }
    expect(await conversationsOf(shop)).toBe(0);
    expect((await other.post(hook, body)).status).toBe(200);
  });

  it("for now, when the account is unknown or has no login", async () => {
    const { other } = await world.connectShop();
    const { id } = await world.createAccount();
    for (const unknown of [id, "0190a1b2-0000-7000-8000-000000000009", "nonsense"]) {
      const { status, headers, body } = await other.post(world.hook(unknown), {});
      expect([status, body, headers.get("retry-after")]).toMatchObject([
        503,
        { code: "CRM_CHANNEL_NOT_CONNECTED" },
        "2",
      ]);
    }
  });

  it("with the reason, when a plugin does not want the message", async () => {
    const shop = await world.connectShop();
    const { status, body } = await shop.write({ text: "spam" });
    expect([status, body]).toMatchObject([
      403,
      { code: "CRM_HOOK_REFUSED", detail: expect.stringContaining("It is spam.") },
    ]);
    expect(await conversationsOf(shop)).toBe(0);
  });

  it.each(["stumble", "later"])("for now and without our insides, when we fail: %s", async (text) => {
    const shop = await world.connectShop();
    const { status, headers, body } = await shop.write({ text });
    expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
    expect(body["detail"]).toBe("This could not be taken over now. Send it again.");
    expect(JSON.stringify(body)).not.toContain("hunter2");
    const line = world.kernel.log.lines.findLast(({ fields }) => fields["account"] === shop.account.id);
    expect(line).toMatchObject({ level: "error", fields: { code: body["code"] } });
    expect(await conversationsOf(shop)).toBe(0);
    expect((await shop.write()).status).toBe(200);
  });
});

describe("a status", () => {
  it("moves a message on by the id it was taken under", async () => {
    const { report, conversationId, other } = await world.connectConversation();
    const ours = await world.sendText(conversationId, "by our id");
    await world.reached(ours.id, "sent");
    other.react = () => ({ status: 200, body: '{"id":"theirs-7"}' });
    const theirs = await world.sendText(conversationId, "by their id");
    await world.reached(theirs.id, "sent");
    expect(await report(ours.id, "read")).toMatchObject({ status: 200, body: {} });
    await report("theirs-7", "delivered");
    expect((await world.message(ours.id)).status).toBe("read");
    expect((await world.message(theirs.id)).status).toBe("delivered");
  });

  it("that comes before we know that the message was taken is kept for it", async () => {
    const { report, conversationId, other } = await world.connectConversation();
    other.react = async () => {
      await report("theirs-8", "delivered");
      return { status: 200, body: '{"id":"theirs-8"}' };
    };
    const message = await world.sendText(conversationId, "quick");
    await world.reached(message.id, "delivered");
  });

  it("of a failure says why; of a message that nobody knows it is taken all the same", async () => {
    const { report, conversationId } = await world.connectConversation();
    const message = await world.sendText(conversationId, "to nowhere");
    await world.reached(message.id, "sent");
    expect((await report("unknown", "read")).status).toBe(200);
    await report(message.id, "failed", { failure: "No such\0 number." });
    expect(await world.message(message.id)).toMatchObject({ status: "failed", failure: "No such\uFFFD number." });
  });

  it("is refused when it is none", async () => {
    const { report } = await world.connectShop();
    for (const [id, status] of [
      ["", "read"],
      ["m-1", "queued"],
      ["m\0", "read"],
    ] as const)
      expect(await report(id, status)).toMatchObject({ status: 422, body: { code: "CRM_HTTP_CHANNEL_PAYLOAD" } });
  });
});
