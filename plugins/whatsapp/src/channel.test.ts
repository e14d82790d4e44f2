import { randomBytes } from "node:crypto";
import { startWhatsAppSandbox, type Customer, type WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { systemClock } from "@crmessenger/kernel/infrastructure";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { acceptedId, ACCOUNT_ID, TestAccount } from "./test-account.test.fixture.ts";

let whatsapp: WhatsAppSandbox;
let alice: Customer;
let account: TestAccount;

beforeEach(async () => {
  whatsapp = await startWhatsAppSandbox({ seed: 3 });
  const phone = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  alice = whatsapp.addCustomer({ phone: "+1 555 0101", name: "Alice" });
  account = await new TestAccount(whatsapp, phone).link();
});
afterEach(async () => {
  await account.close();
  await whatsapp.close();
});

const TEXTS: Record<string, string> = {
  plain: "Hello",
  empty: "",
  emoji: "👩‍👩‍👧‍👦 🏳️‍🌈 ☕️",
  "right to left": "مرحبا بالعالم‏ 123",
  markup: `<script>alert("1")</script> & 'quotes' "double" \\ \``,
  newlines: "one\n\ntwo\r\nthree\ttab",
  cyrillic: "Здравствуйте, хочу кофе",
  long: "x".repeat(4095) + "€",
};

describe("a message from a customer", () => {
  it.each(Object.entries(TEXTS))("arrives with its text: %s", async (_name, text) => {
    const { id } = await alice.send(account.phone, { text });
    const message = await account.received(id);
    expect(message.parts).toEqual([{ type: "text", text }]);
    expect(message.sanitised).toBeUndefined();
  });

  it("names the customer by LID first, then by number", async () => {
    const { id, sentAt } = await alice.send(account.phone, { text: "Hi" });
    expect(await account.received(id)).toEqual({
      channelAccountId: ACCOUNT_ID,
      channelType: "whatsapp",
      externalId: id,
      conversationExternalId: alice.lid,
      sender: {
        name: "Alice",
        identities: [
          { kind: "whatsapp", value: alice.lid, verified: true },
          { kind: "phone", value: "+15550101", verified: true },
        ],
      },
      parts: [{ type: "text", text: "Hi" }],
      sentAt: new Date(Math.floor(sentAt / 1000) * 1000).toISOString(),
    });
  });

  it("names a customer who hides their number by LID alone, and by number once it is known", async () => {
    const shy = whatsapp.addCustomer({ phone: "+15550102", name: "Shy", hidePhone: true });
    const first = await account.received((await shy.send(account.phone, { text: "Hi" })).id);
    expect(first.conversationExternalId).toBe(shy.lid);
    expect(first.sender.identities).toEqual([{ kind: "whatsapp", value: shy.lid, verified: true }]);
    acceptedId(await account.text("+15550102", "You are Shy, aren't you?", "key-shy"));
    const second = await account.received((await shy.send(account.phone, { text: "I am" })).id);
    expect(second.sender.identities).toContainEqual({ kind: "phone", value: "+15550102", verified: true });
  });

  it("replaces what storage can't hold and says so", async () => {
    const { id } = await alice.send(account.phone, { text: "a\u0000b" });
    const message = await account.received(id);
    expect(message.parts).toEqual([{ type: "text", text: "a\uFFFDb" }]);
    expect(message.sanitised).toBe(true);
  });

  it("keeps what it answers", async () => {
    const sent = acceptedId(await account.text(alice.lid, "Coffee or tea?", "key-1"));
    await alice.waitFor((message) => message.id === sent);
    const { id } = await alice.send(account.phone, { text: "Coffee", replyTo: sent });
    expect((await account.received(id)).replyToExternalId).toBe(sent);
  });

  it.each(["image", "video", "voice", "audio", "document", "sticker"] as const)("brings its file: %s", async (kind) => {
    const bytes = randomBytes(70_001);
    const media = { kind, bytes, mimeType: "application/pdf", fileName: "счёт.pdf" };
    const { id } = await alice.send(account.phone, { media });
    const { parts } = await account.received(id);
    const path = `inbound/${ACCOUNT_ID}/${id}-0`;
    expect(parts[0]).toMatchObject({ type: "media", kind, file: { path, size: 70_001, mimeType: "application/pdf" } });
    expect(account.storage.files.get(path)?.bytes.equals(bytes)).toBe(true);
  });

  it("brings a caption and a file name", async () => {
    const media = { bytes: Buffer.from("%PDF"), mimeType: "application/pdf", fileName: "счёт.pdf" };
    const { id } = await alice.send(account.phone, { text: "The invoice", media });
    const { parts } = await account.received(id);
    expect(parts[0]).toMatchObject({ type: "media", kind: "document", file: { fileName: "счёт.pdf" } });
    expect(parts[1]).toEqual({ type: "text", text: "The invoice" });
  });

  it("says so when its file is gone or too large", async () => {
    account.host.beforeReceive = undefined;
    whatsapp.disconnectAll();
    const gone = await alice.send(account.phone, { media: { bytes: Buffer.from("x"), mimeType: "image/png" } });
    whatsapp.expireMedia();
    expect((await account.received(gone.id)).parts).toEqual([
      {
        type: "unsupported",
        description: "A file (image): no longer on WhatsApp's servers",
        raw: { kind: "image", mimeType: "image/png", size: 1, fileName: "" },
      },
    ]);
    const large = await alice.send(account.phone, { media: { bytes: randomBytes(1_000_001), mimeType: "video/mp4" } });
    expect((await account.received(large.id)).parts[0]).toMatchObject({
      type: "unsupported",
      description: "A file (video): too large to fetch (1000001 bytes)",
    });
  });

  it("arrives in order in each chat", async () => {
    const customers = Array.from({ length: 8 }, (_, index) =>
      whatsapp.addCustomer({ phone: `+1555020${index}`, name: `Customer ${index}` }),
    );
    const numbers = Array.from({ length: 15 }, (_, index) => String(index));
    const sends = customers.flatMap((customer) => numbers.map((text) => customer.send(account.phone, { text })));
    const ids = (await Promise.all(sends)).map((sent) => sent.id);
    for (const id of ids) await account.received(id);
    for (const customer of customers) {
      const chat = account.messages.filter((message) => message.conversationExternalId === customer.lid);
      expect(chat.map((message) => message.parts[0])).toEqual(numbers.map((text) => ({ type: "text", text })));
    }
  });

  it("is receipted: the customer sees that it was delivered", async () => {
    const { id } = await alice.send(account.phone, { text: "Hi" });
    await account.received(id);
    await expect.poll(() => alice.inbox(account.phone)[0]?.deliveredAt).toBeTypeOf("number");
  });

  it("leaves nothing behind once it is accepted", async () => {
    const { id } = await alice.send(account.phone, { text: "Hi" });
    await account.received(id);
    acceptedId(await account.text(alice.lid, "Hello", "key-2"));
    await expect.poll(() => account.rowsOf("inbox/")).toEqual([]);
  });

  it("is not confused with what the business itself writes on its phone", async () => {
    const { id } = await account.phone.send(alice, { text: "From the counter" });
    await alice.waitFor((message) => message.id === id);
    const { id: answer } = await alice.send(account.phone, { text: "Thanks" });
    await account.received(answer);
    expect(account.messages.map((message) => message.externalId)).toEqual([answer]);
  });
});

describe("a message to a customer", () => {
  it.each(Object.entries(TEXTS))("arrives with its text: %s", async (_name, text) => {
    const id = acceptedId(await account.text(alice.lid, text, "key"));
    expect((await alice.waitFor((message) => message.id === id)).text).toBe(text);
  });

  it("has an id that follows from its key, and arrives once however often it is sent", async () => {
    const [first, second] = await Promise.allSettled([
      account.text(alice.lid, "Once", "same key"),
      account.text(alice.lid, "Once", "same key"),
    ]);
    expect([first.status, second.status]).toContain("fulfilled");
    const id = acceptedId(await account.text(alice.lid, "Once", "same key"));
    expect(id).toMatch(/^3EB0[0-9A-F]{18}$/);
    const other = acceptedId(await account.text(alice.lid, "Then", "other key"));
    await alice.waitFor((message) => message.id === other);
    expect(alice.inbox(account.phone).map((message) => message.id)).toEqual([id, other]);
  });

  it("reaches a phone number that has not written before", async () => {
    const id = acceptedId(await account.text("+1 555 0101", "Your order is ready", "key"));
    expect((await alice.waitFor((message) => message.id === id)).text).toBe("Your order is ready");
  });

  it("is rejected when nobody can get it", async () => {
    expect(await account.text("+15559999", "Hello?", "key")).toEqual({
      outcome: "rejected",
      reason: "The recipient is not on WhatsApp.",
    });
    expect(await account.text("alice", "Hello?", "key")).toMatchObject({ outcome: "rejected" });
    expect(await account.send(alice.lid, [], { key: "key" })).toMatchObject({ outcome: "rejected" });
  });

  it.each(["image", "video", "voice", "audio", "document", "sticker"] as const)("brings its file: %s", async (kind) => {
    const bytes = randomBytes(70_001);
    const meta = { mimeType: "application/octet-stream", fileName: "план.bin" };
    const file = await account.storage.put(`outbound/${kind}`, bytes, meta);
    const id = acceptedId(await account.send(alice.lid, [{ type: "media", kind, file }], { key: `key-${kind}` }));
    const { media } = await alice.waitFor((message) => message.id === id);
    expect(media).toMatchObject({ kind, size: 70_001, mimeType: "application/octet-stream" });
    expect(Buffer.from(media?.read() ?? []).equals(bytes)).toBe(true);
  });

  it("brings a caption", async () => {
    const file = await account.storage.put("outbound/one", Buffer.from("%PDF"), { mimeType: "application/pdf" });
    const parts = [
      { type: "media" as const, kind: "document" as const, file },
      { type: "text" as const, text: "Here" },
    ];
    const id = acceptedId(await account.send(alice.lid, parts, { key: "key" }));
    expect((await alice.waitFor((message) => message.id === id)).text).toBe("Here");
  });

  it("is rejected when its file is gone, and fails retryably while it can't be uploaded", async () => {
    const gone = { path: "nowhere", size: 1, sha256: "0".repeat(64), mimeType: "image/png" };
    const part = (file: typeof gone) => [{ type: "media" as const, kind: "image" as const, file }];
    expect(await account.send(alice.lid, part(gone), { key: "key" })).toMatchObject({ outcome: "rejected" });
    const file = await account.storage.put("outbound/one", Buffer.alloc(101 * 1024 * 1024), { mimeType: "image/png" });
    await expect(account.send(alice.lid, part(file), { key: "key" })).rejects.toMatchObject({
      code: "CRM_WHATSAPP_UPLOAD_FAILED",
      retryable: true,
    });
  });

  it("is repeated when the server's answer does not come", async () => {
    whatsapp.faults.set({ lostAckRate: 1 });
    const schedule = vi.spyOn(systemClock, "schedule").mockImplementation((_milliseconds, run) => {
      run();
      return () => undefined;
    });
    await expect(account.text(alice.lid, "Hello?", "key")).rejects.toMatchObject({
      code: "CRM_WHATSAPP_OUTCOME_UNKNOWN",
      retryable: true,
    });
    schedule.mockRestore();
    whatsapp.faults.clear();
    const id = acceptedId(await account.text(alice.lid, "Hello?", "key"));
    expect(alice.inbox(account.phone).map((message) => message.id)).toEqual([id]);
  });

  it("shows what it answers", async () => {
    const question = await alice.send(account.phone, { text: "Are you open?" });
    await account.received(question.id);
    const parts = [{ type: "text" as const, text: "Until six" }];
    const id = acceptedId(await account.send(alice.lid, parts, { key: "key", replyTo: question.id }));
    const held = await alice.waitFor((message) => message.id === id);
    expect(held.replyTo).toBe(question.id);
    expect(held.raw.extendedTextMessage?.contextInfo).toMatchObject({
      participant: alice.lid,
      quotedMessage: { conversation: "Are you open?" },
    });
  });

  it("comes back as delivered, then as read", async () => {
    const id = acceptedId(await account.text(alice.lid, "Ready", "key"));
    await account.status(id, "delivered");
    alice.read(account.phone);
    await account.status(id, "read");
  });

  it("is kept for a customer's device that asks for it again, until it was delivered", async () => {
    const id = acceptedId(await account.text(alice.lid, "Ready", "key"));
    await account.status(id, "delivered");
    acceptedId(await account.text(alice.lid, "Still ready", "key-2"));
    await expect.poll(() => account.rowsOf("sent/").includes(`sent/${id}`)).toBe(false);
  });

  it.each([
    [463, "rejected"],
    [404, "rejected"],
    [429, "deferred"],
    [479, "deferred"],
    [500, "deferred"],
  ] as const)("refused by the server with %i is %s", async (nackCode, outcome) => {
    whatsapp.faults.set({ nackRate: 1, nackCode });
    expect(await account.text(alice.lid, "Hello?", "key")).toMatchObject({ outcome });
    whatsapp.faults.clear();
    const id = acceptedId(await account.text(alice.lid, "Hello?", "key"));
    await alice.waitFor((message) => message.id === id);
  });

  it("is deferred while there is no connection", async () => {
    await account.close();
    expect(await account.text(alice.lid, "Hello?", "key")).toMatchObject({ outcome: "deferred", retryAfterMs: 1_000 });
  });
});
