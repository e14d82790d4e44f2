import { randomBytes } from "node:crypto";
import { Api, type TelegramClient } from "telegram";
import { CustomFile } from "telegram/client/uploads.js";
import bigInt from "big-integer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logIn, rpcErrorOf } from "./gramjs-client.test.support.ts";
import { startTelegramSandbox, type TelegramAccount, type TelegramCustomer, type TelegramSandbox } from "./index.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

let telegram: TelegramSandbox;
let account: TelegramAccount;
let client: TelegramClient;
let customer: TelegramCustomer;
beforeAll(async () => {
  telegram = await startTelegramSandbox();
  account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = telegram.addCustomer({ firstName: "Alice", username: "alice" });
  client = await logIn(telegram, account);
});
afterAll(async () => {
  await client.destroy();
  await telegram.close();
});

function upload(name: string, bytes: Buffer): Promise<Api.InputFile | Api.InputFileBig> {
  return client.uploadFile({ file: new CustomFile(name, bytes.length, "", bytes), workers: 2 });
}

async function newest(): Promise<Api.Message> {
  const [message] = await client.getMessages("alice", { limit: 1 });
  if (message === undefined) throw new Error("The chat is empty.");
  return message;
}

async function download(message: Api.Message): Promise<Buffer> {
  return Buffer.from((await client.downloadMedia(message)) ?? "");
}

test("a customer's photo and document are downloaded whole", async () => {
  await customer.send(account, { text: "see", media: { bytes: PNG, mimeType: "image/png", kind: "photo" } });
  const photo = await newest();
  expect(photo).toMatchObject({ message: "see", media: { className: "MessageMediaPhoto" } });
  expect(await download(photo)).toEqual(PNG);
  const bytes = randomBytes(1_300_001);
  await customer.send(account, { text: "", media: { bytes, mimeType: "application/pdf", fileName: "счёт №1.pdf" } });
  const document = await newest();
  expect(document.file).toMatchObject({ name: "счёт №1.pdf", mimeType: "application/pdf" });
  expect(document.file?.size).toEqual(bigInt(bytes.length));
  expect((await download(document)).equals(bytes)).toBe(true);
});

test("voice messages and videos are marked as such", async () => {
  const bytes = randomBytes(5000);
  await customer.send(account, { text: "", media: { bytes, mimeType: "audio/ogg", kind: "voice", duration: 3 } });
  expect((await newest()).voice).toBeDefined();
  await customer.send(account, { text: "", media: { bytes, mimeType: "video/mp4", kind: "video", duration: 7 } });
  expect((await newest()).video).toBeDefined();
  expect(await download(await newest())).toEqual(bytes);
});

test("a photo must be a picture", async () => {
  const media = { bytes: Buffer.from("text"), mimeType: "image/png", kind: "photo" } as const;
  await expect(customer.send(account, { text: "", media })).rejects.toThrow("JPEG, PNG, GIF or WebP");
  const file = await upload("fake.png", Buffer.from("no picture"));
  const send = new Api.messages.SendMedia({
    peer: "alice",
    media: new Api.InputMediaUploadedPhoto({ file }),
    message: "",
  });
  expect(await rpcErrorOf(client.invoke(send))).toBe("IMAGE_PROCESS_FAILED");
});

test("a photo and documents of one part, many parts and a big file go out", async () => {
  await client.sendFile("alice", { file: new CustomFile("p.png", PNG.length, "", PNG), caption: "picture" });
  expect(customer.inbox(account).at(-1)).toMatchObject({
    text: "picture",
    direction: "in",
    media: { kind: "photo", mimeType: "image/png", size: PNG.length },
  });
  for (const size of [10, 700_000, 10_500_000]) {
    const bytes = randomBytes(size);
    const file = await upload("data.bin", bytes);
    await client.sendFile("alice", { file, forceDocument: true, caption: `${size}` });
    const held = customer.inbox(account).at(-1);
    expect(held).toMatchObject({ text: `${size}`, media: { kind: "document", fileName: "data.bin", size } });
    expect(Buffer.from(held?.media?.bytes ?? []).equals(bytes)).toBe(true);
  }
}, 60_000);

test("the same file is sent again by reference", async () => {
  await customer.send(account, { text: "", media: { bytes: PNG, mimeType: "image/png", kind: "photo" } });
  const { media } = await newest();
  if (media === undefined) return expect.unreachable();
  await client.sendFile("alice", { file: media });
  expect(Buffer.from(customer.inbox(account).at(-1)?.media?.bytes ?? [])).toEqual(PNG);
});

test("parts that are missing, and ranges that Telegram does not serve, are refused", async () => {
  const sendParts = (parts: number): Promise<string> => {
    const file = new Api.InputFile({ id: bigInt(77), parts, name: "x", md5Checksum: "" });
    const media = new Api.InputMediaUploadedDocument({ file, mimeType: "text/plain", attributes: [] });
    return rpcErrorOf(client.invoke(new Api.messages.SendMedia({ peer: "alice", media, message: "" })));
  };
  expect(await sendParts(1)).toBe("FILE_PART_0_MISSING");
  expect(await sendParts(0)).toBe("FILE_PARTS_INVALID");
  await customer.send(account, { text: "", media: { bytes: PNG, mimeType: "text/plain" } });
  const document = (await newest()).document;
  if (!(document instanceof Api.Document)) return expect.unreachable();
  const { id, accessHash, fileReference } = document;
  const range = (offset: number, limit: number, hash = accessHash): Promise<string> => {
    const location = new Api.InputDocumentFileLocation({ id, accessHash: hash, fileReference, thumbSize: "" });
    return rpcErrorOf(client.invoke(new Api.upload.GetFile({ location, offset: bigInt(offset), limit })));
  };
  expect(await range(0, 4096)).toBe("no error");
  expect(await range(100, 4096)).toBe("OFFSET_INVALID");
  expect(await range(0, 5000)).toBe("LIMIT_INVALID");
  expect(await range(0, 12_288)).toBe("LIMIT_INVALID");
  expect(await range(0, 4096, bigInt(1))).toBe("FILE_ID_INVALID");
});

test("a file that is in another data centre is fetched there", async () => {
  const far = telegram.addCustomer({ firstName: "Far", username: "far_away", homeDc: 4 });
  const bytes = randomBytes(9000);
  await far.send(account, { text: "", media: { bytes, mimeType: "text/plain", fileName: "far.txt" } });
  const [message] = await client.getMessages("far_away", { limit: 1 });
  const document = message?.document;
  if (!(document instanceof Api.Document) || message === undefined) return expect.unreachable();
  expect(document.dcId).toBe(4);
  const location = new Api.InputDocumentFileLocation({ ...document.originalArgs, thumbSize: "" });
  const here = client.invoke(new Api.upload.GetFile({ location, offset: bigInt.zero, limit: 4096 }));
  await expect(here).rejects.toMatchObject({ newDc: 4 });
  expect(await download(message)).toEqual(bytes);
  expect(account.sessions()).toHaveLength(1);
  const again = client.invoke(new Api.auth.ExportAuthorization({ dcId: 2 }));
  expect(await rpcErrorOf(again)).toBe("DC_ID_INVALID");
  const forged = client.invoke(new Api.auth.ImportAuthorization({ id: bigInt(account.id), bytes: Buffer.alloc(32) }));
  expect(await rpcErrorOf(forged)).toBe("AUTH_BYTES_INVALID");
});

test("a caption is shorter than a text", async () => {
  const file = await upload("x.txt", Buffer.from("x"));
  const media = new Api.InputMediaUploadedDocument({ file, mimeType: "text/plain", attributes: [] });
  const send = new Api.messages.SendMedia({ peer: "alice", media, message: "x".repeat(1025) });
  expect(await rpcErrorOf(client.invoke(send))).toBe("MEDIA_CAPTION_TOO_LONG");
});
