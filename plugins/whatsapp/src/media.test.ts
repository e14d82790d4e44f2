import { randomBytes } from "node:crypto";
import { Agent } from "node:https";
import { startWhatsAppSandbox, type WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RemoteFile } from "./inbound/content.ts";
import { mediaSource, type MediaSource } from "./inbound/media-source.ts";
import { storeFiles } from "./inbound/store-files.ts";
import { TestStorage } from "./test-account.test.fixture.ts";

let whatsapp: WhatsAppSandbox;
let source: MediaSource;
let bytes: Buffer;
let file: RemoteFile;
const { signal } = new AbortController();

beforeEach(async () => {
  whatsapp = await startWhatsAppSandbox();
  const account = whatsapp.addAccount({ phone: "+15550100", name: "Bean & Brew" });
  const alice = whatsapp.addCustomer({ phone: "+15550101", name: "Alice" });
  bytes = randomBytes(100_000);
  await alice.send(account, { media: { bytes, mimeType: "image/png" } });
  const { directPath, mediaKey, fileSha256 } = alice.inbox(account)[0]?.raw.imageMessage ?? {};
  if (!directPath || !mediaKey || !fileSha256) throw new Error("The message has no file.");
  file = { kind: "image", directPath, mediaKey, fileSha256, size: bytes.length, mimeType: "image/png" };
  source = mediaSource(whatsapp.server.mediaHost, new Agent({ ca: whatsapp.server.mediaCertificate }));
});
afterEach(() => whatsapp.close());

const read = async (wanted: RemoteFile): Promise<Buffer> => {
  const stream = await source.fetch(wanted, signal);
  return Buffer.from(await new Response(stream).bytes());
};

describe("a file of a message", () => {
  it("is fetched and decrypted piece by piece", async () => {
    expect((await read(file)).equals(bytes)).toBe(true);
  });

  it("is refused when it is not what the message names", async () => {
    const code = "CRM_WHATSAPP_MEDIA_ALTERED";
    await expect(read({ ...file, fileSha256: Buffer.alloc(32) })).rejects.toMatchObject({ code });
    await expect(read({ ...file, mediaKey: Buffer.alloc(32) })).rejects.toMatchObject({ code });
    await expect(read({ ...file, kind: "document" })).rejects.toMatchObject({ code });
  });

  it("is gone when the host does not have it", async () => {
    const missing = read({ ...file, directPath: "/v/nowhere" });
    await expect(missing).rejects.toMatchObject({ code: "CRM_WHATSAPP_MEDIA_GONE", retryable: false });
  });

  it("may be had later when the host can't be reached", async () => {
    await whatsapp.close();
    await expect(read(file)).rejects.toMatchObject({ code: "CRM_WHATSAPP_MEDIA_UNREACHABLE", retryable: true });
    whatsapp = await startWhatsAppSandbox();
  });
});

describe("files in storage", () => {
  const content = (wanted: RemoteFile) => ({ parts: [{ type: "file" as const, file: wanted }], forwarded: false });
  const files = (storage: TestStorage) => ({ storage, source, maxBytes: 1_000_000, signal });

  it("are fetched once, however often the message is handled", async () => {
    const storage = new TestStorage();
    const [first] = (await storeFiles(content(file), "inbound/acc/3A01", files(storage))).values();
    whatsapp.expireMedia();
    const [second] = (await storeFiles(content(file), "inbound/acc/3A01", files(storage))).values();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ type: "media", file: { path: "inbound/acc/3A01-0" } });
  });

  it("do not replace another message's file of the same name", async () => {
    const storage = new TestStorage();
    await storage.put("inbound/acc/3A01-0", Buffer.from("other"), { mimeType: "text/plain" });
    const [part] = (await storeFiles(content(file), "inbound/acc/3A01", files(storage))).values();
    expect(part).toMatchObject({ type: "media", file: { size: 100_000 } });
    expect(storage.files.get("inbound/acc/3A01-0")?.bytes.toString()).toBe("other");
  });

  it("say what is missing", async () => {
    const wanted = { ...file, fileSha256: Buffer.alloc(32), fileName: "photo.png" };
    const [part] = (await storeFiles(content(wanted), "inbound/acc/3A01", files(new TestStorage()))).values();
    expect(part).toMatchObject({ type: "unsupported", description: 'A file "photo.png": not what the sender sent' });
  });

  it("are awaited when they can't be had right now", async () => {
    await whatsapp.close();
    const storing = storeFiles(content(file), "inbound/acc/3A01", files(new TestStorage()));
    await expect(storing).rejects.toMatchObject({ retryable: true });
    whatsapp = await startWhatsAppSandbox();
  });
});
