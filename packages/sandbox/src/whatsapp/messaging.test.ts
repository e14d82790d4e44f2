import { randomBytes } from "node:crypto";
import { request } from "node:https";
import tls from "node:tls";
import { downloadMediaMessage, getContentType, proto, type WAMessage } from "@whiskeysockets/baileys";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startWhatsAppSandbox, type BusinessAccount, type Customer, type WhatsAppSandbox } from "./index.ts";
import { textOf, WhatsAppClient } from "./whatsapp-client.test.fixture.ts";

const { DELIVERY_ACK, ERROR, READ } = proto.WebMessageInfo.Status;

let whatsapp: WhatsAppSandbox;
let account: BusinessAccount;
let alice: Customer;
let client: WhatsAppClient;

beforeEach(async () => {
  whatsapp = await startWhatsAppSandbox();
  account = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  alice = whatsapp.addCustomer({ phone: "+1 555 0101", name: "Alice" });
  client = await new WhatsAppClient(whatsapp.server).link(account);
});
afterEach(async () => {
  client.close();
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
  "one-byte controls": "\u0001\u001f\u007f",
};

describe("text", () => {
  it.each(Object.entries(TEXTS))("%s survives both ways", async (_name, text) => {
    const { id } = await alice.send(account, { text });
    expect(textOf(await client.message(id))).toBe(text);
    const sent = await client.send(alice.lid, { text });
    const held = await alice.waitFor((message) => message.id === sent);
    expect(held.text).toBe(text);
  });

  it("carries the LID first and the number beside it", async () => {
    const { id } = await alice.send(account, { text: "Hi" });
    const message = await client.message(id);
    expect(message.key).toMatchObject({
      remoteJid: alice.lid,
      remoteJidAlt: "15550101@s.whatsapp.net",
      addressingMode: "lid",
      fromMe: false,
    });
    expect(message.pushName).toBe("Alice");
  });

  it("carries the LID alone when the customer hides their number", async () => {
    const shy = whatsapp.addCustomer({ phone: "+15550102", name: "Shy", hidePhone: true });
    const { id } = await shy.send(account, { text: "Hi" });
    const message = await client.message(id);
    expect(message.key.remoteJid).toBe(shy.lid);
    expect(message.key.remoteJidAlt).toBeUndefined();
    const answer = await client.send(shy.lid, { text: "Hello" });
    await shy.waitFor((received) => received.id === answer);
  });

  it("reaches a customer addressed by number who has not written before", async () => {
    const id = await client.send("15550101@s.whatsapp.net", { text: "Your order is ready" });
    await alice.waitFor((message) => message.id === id);
    expect(alice.inbox(account)).toMatchObject([{ id, direction: "received", text: "Your order is ready" }]);
  });

  it("quotes both ways", async () => {
    const question = await alice.send(account, { text: "Is it open?" });
    const quoted = await client.message(question.id);
    const answer = await client.socket.sendMessage(alice.lid, { text: "It is" }, { quoted });
    const held = await alice.waitFor((message) => message.id === answer?.key.id);
    expect(held.replyTo).toBe(question.id);
    const thanks = await alice.send(account, { text: "Thanks", replyTo: held.id });
    const received = await client.message(thanks.id);
    expect(received.message?.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: held.id,
      participant: account.lid,
    });
    await expect(alice.send(account, { text: "?", replyTo: "NOWHERE" })).rejects.toThrow("no message NOWHERE");
  });

  it("arrives in order, many customers at once", async () => {
    const customers = Array.from({ length: 10 }, (_, index) =>
      whatsapp.addCustomer({ phone: `+1555020${index}`, name: `Customer ${index}` }),
    );
    const each = Array.from({ length: 20 }, (_, index) => index);
    const sends = customers.flatMap((customer) => each.map((index) => customer.send(account, { text: `${index}` })));
    await Promise.all(sends);
    await vi.waitUntil(() => client.inbound.length === 200, { timeout: 10_000 });
    for (const customer of customers) {
      const texts = client.inbound.filter((message) => message.key.remoteJid === customer.lid).map(textOf);
      expect(texts).toEqual(each.map(String));
    }
  });

  it("tells when nothing comes", async () => {
    await expect(alice.waitFor(() => true, { deadlineMs: 1 })).rejects.toThrow("Alice waited 1 ms");
  });

  it("copies what the business writes on its own phone to the linked device", async () => {
    const { id } = await account.send(alice, { text: "From the counter" });
    await alice.waitFor((message) => message.id === id && message.text === "From the counter");
    const copy = await client.message(id);
    expect(copy.key).toMatchObject({ fromMe: true, remoteJid: alice.lid });
    expect(textOf(copy)).toBe("From the counter");
  });

  it("copies what one linked device writes to the other", async () => {
    const second = await new WhatsAppClient(whatsapp.server).link(account);
    await alice.send(account, { text: "Hi both" });
    await vi.waitUntil(() => client.inbound.length === 1 && second.inbound.length === 1);
    const id = await second.send(alice.lid, { text: "Second here" });
    const copy = await client.message(id);
    expect(copy.key).toMatchObject({ fromMe: true, remoteJid: alice.lid });
    second.close();
  });
});

describe("media", () => {
  const KINDS = [
    ["image", "image/jpeg"],
    ["video", "video/mp4"],
    ["voice", "audio/ogg; codecs=opus"],
    ["audio", "audio/mpeg"],
    ["document", "application/pdf"],
    ["sticker", "image/webp"],
  ] as const;

  const defaultAuthorities = tls.getCACertificates("default");

  // Baileys downloads with the global fetch, which trusts what the process trusts.
  beforeEach(() => tls.setDefaultCACertificates([...defaultAuthorities, whatsapp.server.mediaCertificate]));
  afterEach(() => tls.setDefaultCACertificates(defaultAuthorities));

  const download = (message: WAMessage): Promise<Buffer> => downloadMediaMessage(message, "buffer", {});

  it.each(KINDS)("%s goes from the customer to the device unchanged", async (kind, mimeType) => {
    const bytes = randomBytes(70_000);
    const { id } = await alice.send(account, {
      ...(kind === "document" ? { text: "The contract" } : {}),
      media: { kind, mimeType, bytes, fileName: "contract.pdf" },
    });
    const message = await client.message(id);
    expect(await download(message)).toEqual(bytes);
    const [shown] = alice.inbox(account);
    expect(shown?.media).toMatchObject({ kind, mimeType, size: bytes.length });
    expect(shown?.media?.read()).toEqual(bytes);
    if (kind === "document") {
      expect(getContentType(message.message ?? undefined)).toBe("documentWithCaptionMessage");
      expect(shown).toMatchObject({ text: "The contract", media: { fileName: "contract.pdf" } });
    }
  });

  it("goes from the device to the customer unchanged", async () => {
    const bytes = randomBytes(70_000);
    const id = await client.send(alice.lid, {
      document: bytes,
      mimetype: "application/pdf",
      fileName: "счёт.pdf",
      caption: "Invoice",
    });
    const held = await alice.waitFor((message) => message.id === id);
    expect(held).toMatchObject({
      text: "Invoice",
      media: { kind: "document", mimeType: "application/pdf", fileName: "счёт.pdf", size: 70_000 },
    });
    expect(held.media?.read()).toEqual(bytes);
  });

  it("has kinds that follow the media type", async () => {
    const bytes = Buffer.from("x");
    for (const mimeType of ["image/png", "video/mp4", "audio/ogg", "audio/mpeg", "text/plain"]) {
      await alice.send(account, { media: { bytes, mimeType } });
    }
    const kinds = alice.inbox(account).map((message) => message.media?.kind);
    expect(kinds).toEqual(["image", "video", "voice", "audio", "document"]);
  });

  it("is gone once it expired", async () => {
    const { id } = await alice.send(account, { media: { bytes: Buffer.from("x"), mimeType: "image/png" } });
    const message = await client.message(id);
    whatsapp.expireMedia();
    await expect(download(message)).rejects.toThrow("Failed to fetch stream");
    expect(() => alice.inbox(account)[0]?.media?.read()).toThrow("no longer has this file");
  });

  it("refuses uploads without auth or under another name", async () => {
    const post = (path: string, method = "POST"): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const url = `https://${whatsapp.server.mediaHost}${path}`;
        const upload = request(url, { method, ca: whatsapp.server.mediaCertificate }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        upload.on("error", reject);
        upload.end("x");
      });
    expect(await post("/mms/image/name")).toBe(401);
    expect(await post("/mms/image/name", "PUT")).toBe(405);
    const connection = await client.socket.refreshMediaConn();
    expect(await post(`/mms/image/name?auth=${encodeURIComponent(connection.auth)}`)).toBe(415);
  });
});

describe("receipts", () => {
  it("tell the device that a message was delivered, then read", async () => {
    const id = await client.send(alice.lid, { text: "Ready" });
    await client.status(id, DELIVERY_ACK);
    expect(alice.inbox(account)[0]?.readAt).toBeUndefined();
    expect(alice.read(account)).toBe(1);
    await client.status(id, READ);
    expect(alice.inbox(account)[0]?.readAt).toBeTypeOf("number");
    expect(alice.read(account)).toBe(0);
  });

  it("name several messages at once when a chat is opened", async () => {
    const ids = await Promise.all(["one", "two", "three"].map((text) => client.send(alice.lid, { text })));
    for (const id of ids) await alice.waitFor((message) => message.id === id);
    expect(alice.read(account)).toBe(3);
    for (const id of ids) await client.status(id, READ);
  });

  it("come at once from a customer who reads everything", async () => {
    const eager = whatsapp.addCustomer({ phone: "+15550103", name: "Eager", autoRead: true });
    const id = await client.send(eager.lid, { text: "Hi" });
    await client.status(id, READ);
  });

  it("tell the customer that their message was delivered, then read", async () => {
    const { id } = await alice.send(account, { text: "Hi" });
    const seen = vi.fn<(id: string) => void>();
    alice.on("receipt", (message) => seen(message.id));
    const message = await client.message(id);
    await expect.poll(() => alice.inbox(account)[0]?.deliveredAt).toBeTypeOf("number");
    expect(alice.inbox(account)[0]?.readAt).toBeUndefined();
    await client.socket.readMessages([message.key]);
    await expect.poll(() => alice.inbox(account)[0]?.readAt).toBeTypeOf("number");
    expect(seen).toHaveBeenLastCalledWith(id);
  });
});

describe("what the server refuses", () => {
  it("answers messages to nobody with an error", async () => {
    await client.socket.relayMessage(account.lid, { conversation: "to myself" }, { messageId: "SELF" });
    const refused: string[] = [];
    client.socket.ws.on("CB:ack,class:message", (node: { attrs: Record<string, string> }) => {
      if (node.attrs["error"]) refused.push(node.attrs["error"]);
    });
    await client.socket.sendNode({
      tag: "message",
      attrs: { to: "199999999999999@lid", id: "NOBODY", type: "text" },
      content: [],
    });
    await client.status("NOBODY", ERROR);
    expect(refused).toEqual(["404"]);
  });

  it("keeps one copy of a message sent twice under one id", async () => {
    await client.send(alice.lid, { text: "Once" }, "SAMEID1");
    await client.send(alice.lid, { text: "Once" }, "SAMEID1");
    await client.send(alice.lid, { text: "Then" }, "OTHERID");
    await alice.waitFor((message) => message.id === "OTHERID");
    expect(alice.inbox(account).map((message) => message.id)).toEqual(["SAMEID1", "OTHERID"]);
  });
});
