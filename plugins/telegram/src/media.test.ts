import { randomBytes } from "node:crypto";
import type { MediaKind, MessagePart } from "@crmessenger/kernel/communication";
import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TelegramAccount, TelegramCustomer } from "@crmessenger/sandbox/telegram";
import { ACCOUNT_ID, TestAccount, text } from "./telegram-account.test.support.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
let account: TelegramAccount;
let customer: TelegramCustomer;
let shop: TestAccount;
beforeEach(async () => {
  shop = await TestAccount.create();
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = shop.sandbox.addCustomer({ firstName: "Alice" });
  await shop.connectAs(account);
  await customer.send(account, { text: "hello" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1));
});
afterEach(() => shop.close());

async function media(
  kind: MediaKind,
  bytes: Buffer,
  meta: { mimeType: string; fileName?: string },
): Promise<MessagePart> {
  const file = await shop.storage.put(`outbound/${Math.random()}`, bytes, meta);
  return { type: "media", kind, file };
}

test("a photo arrives with its caption, and is stored before the message is", async () => {
  shop.ledger.beforeReceive = (message) => {
    for (const part of message.parts)
      if (part.type === "media") expect(shop.storage.files.has(part.file.path)).toBe(true);
  };
  const sent = await customer.send(account, {
    text: "see",
    media: { bytes: PNG, mimeType: "image/png", kind: "photo" },
  });
  await eventually(() => expect(shop.ledger.received).toHaveLength(2));
  const path = `inbound/${ACCOUNT_ID}/${sent.peerMessageId}-0`;
  expect(shop.ledger.received[1]?.parts).toMatchObject([
    { type: "media", kind: "image", file: { path, mimeType: "image/png", size: PNG.length } },
    { type: "text", text: "see" },
  ]);
  expect(shop.storage.files.get(path)?.bytes).toEqual(PNG);
});

test("files of every kind arrive whole, also from another data centre", async () => {
  const far = shop.sandbox.addCustomer({ firstName: "Far", homeDc: 4 });
  const bytes = randomBytes(1_200_003);
  await customer.send(account, { text: "", media: { bytes, mimeType: "application/pdf", fileName: "счёт №1.pdf" } });
  await customer.send(account, { text: "", media: { bytes, mimeType: "audio/ogg", kind: "voice", duration: 4 } });
  await far.send(account, {
    text: "",
    media: { bytes, mimeType: "video/mp4", kind: "video", duration: 9, fileName: "v.mp4" },
  });
  await eventually(() => expect(shop.ledger.received).toHaveLength(4));
  const parts = shop.ledger.received.slice(1).flatMap((message) => message.parts);
  expect(parts.map((part) => (part.type === "media" ? part.kind : part.type)).toSorted()).toEqual([
    "document",
    "video",
    "voice",
  ]);
  for (const part of parts) {
    if (part.type !== "media") return expect.unreachable(part.type);
    expect(shop.storage.files.get(part.file.path)?.bytes.equals(bytes)).toBe(true);
    if (part.kind === "document")
      expect(part.file).toMatchObject({ fileName: "счёт №1.pdf", mimeType: "application/pdf" });
    if (part.kind === "voice") expect(part.durationSeconds).toBe(4);
  }
});

test("an interrupted download is taken up again", async () => {
  const bytes = randomBytes(3_000_000);
  shop.sandbox.faults.set({ lostAnswerRate: 0.3 });
  await customer.send(account, { text: "", media: { bytes, mimeType: "application/zip", fileName: "a.zip" } });
  await customer.send(account, { text: "after" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["hello", "", "after"]), { deadlineMs: 20_000 });
  const [part] = shop.ledger.received[1]?.parts ?? [];
  expect(part?.type === "media" && shop.storage.files.get(part.file.path)?.bytes.equals(bytes)).toBe(true);
}, 30_000);

test("a picture goes out as a photo, everything else as a file of its kind", async () => {
  const parts = await Promise.all([
    media("image", PNG, { mimeType: "image/png", fileName: "p.png" }),
    media("image", Buffer.from("no picture"), { mimeType: "image/jpeg", fileName: "fake.jpg" }),
    media("image", PNG, { mimeType: "image/tiff", fileName: "scan.tiff" }),
    media("document", randomBytes(700_000), { mimeType: "application/pdf", fileName: "bill.pdf" }),
    media("voice", randomBytes(3000), { mimeType: "audio/ogg" }),
    media("video", randomBytes(3000), { mimeType: "video/mp4", fileName: "v.mp4" }),
    media("document", randomBytes(10_600_000), { mimeType: "application/zip", fileName: "big.zip" }),
    media("document", Buffer.alloc(0), { mimeType: "text/plain", fileName: "empty.txt" }),
  ]);
  const outcomes: string[] = [];
  for (const part of parts) outcomes.push((await shop.send(customer.id, [part, ...text("caption")])).outcome);
  expect(outcomes).toEqual([...Array.from({ length: 7 }, () => "accepted"), "rejected"]);
  const held = customer.inbox(account).filter((message) => message.direction === "in");
  expect(held.map(({ media: file }) => `${file?.kind} ${file?.fileName ?? ""}`)).toEqual([
    "photo ",
    "document fake.jpg",
    "document scan.tiff",
    "document bill.pdf",
    "voice file",
    "video v.mp4",
    "document big.zip",
  ]);
  expect(held.every((message) => message.text === "caption")).toBe(true);
  for (const [index, part] of parts.slice(0, 7).entries()) {
    if (part.type !== "media") return expect.unreachable();
    expect(shop.storage.files.get(part.file.path)?.bytes.equals(held[index]?.media?.bytes ?? Buffer.alloc(0))).toBe(
      true,
    );
  }
}, 30_000);

test("a file whose answer got lost is not doubled", async () => {
  const part = await media("document", randomBytes(2000), { mimeType: "text/plain", fileName: "a.txt" });
  shop.sandbox.faults.set({ lostAnswerRate: 1 });
  await expect(shop.send(customer.id, [part], { key: "k" })).rejects.toThrow("unknown");
  shop.sandbox.faults.clear();
  await eventually(() => expect(shop.channel.state().status).toBe("connected"));
  expect((await shop.send(customer.id, [part], { key: "k" })).outcome).toBe("accepted");
  expect((await shop.send(customer.id, [part], { key: "k" })).outcome).toBe("accepted");
  expect(customer.inbox(account).filter((message) => message.media !== undefined)).toHaveLength(1);
});
