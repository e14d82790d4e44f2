import { createHash, randomBytes } from "node:crypto";
import type { MessagePart } from "@crmessenger/kernel/communication";
import { Storage } from "@crmessenger/kernel/infrastructure";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OtherSystem, type Reaction } from "./support/other-system.ts";
import { type World, inMemory, startWorld } from "./support/world.ts";

const MAX_BYTES = 100_000;

let world: World;
beforeAll(async () => {
  world = await startWorld({ foundation: inMemory({ maxResponseBytes: MAX_BYTES }) });
});
afterAll(() => world.kernel.stop());

const photo = randomBytes(MAX_BYTES);

const partsOf = async (conversationId: unknown): Promise<readonly MessagePart[]> =>
  (await world.messages(conversationId as string))[0]?.parts ?? [];

async function contentOf(path: string): Promise<Buffer> {
  return Buffer.from(await new Response(await world.kernel.get(Storage).get(path)).bytes());
}

/** A shop that has a photo and a note to send. */
async function shopWithFiles() {
  const shop = await world.connectShop();
  const { origin, files } = shop.other;
  files.set("/photo", { status: 200, body: photo });
  files.set("/note?v=1", { status: 200, body: "" });
  const image = { url: `${origin}/photo`, mimeType: "image/jpeg", fileName: "Café\0 1.jpg" };
  const note = { url: `${origin}/note?v=1`, mimeType: "text/plain; charset=utf-8" };
  return { ...shop, image, note };
}

describe("the files of a message", () => {
  it("are fetched and stored before it is accepted, in order, with the text after them", async () => {
    const { write, image, note } = await shopWithFiles();
    const { status, body } = await write({ text: "Look", media: [image, { ...note, kind: "voice" }, note] });
    expect(status).toBe(200);
    const parts = await partsOf(body["conversationId"]);
    expect(parts).toMatchObject([
      {
        type: "media",
        kind: "image",
        file: {
          mimeType: "image/jpeg",
          fileName: "Café\uFFFD 1.jpg",
          size: MAX_BYTES,
          sha256: createHash("sha256").update(photo).digest("hex"),
        },
      },
      { type: "media", kind: "voice", file: { size: 0 } },
      { type: "media", kind: "document", file: { mimeType: "text/plain; charset=utf-8" } },
      { type: "text", text: "Look" },
    ]);
    const [first] = parts;
    expect(first?.type === "media" && (await contentOf(first.file.path)).equals(photo)).toBe(true);
  });

  it("need no text, and an empty one stays an empty one", async () => {
    const { write, note } = await shopWithFiles();
    const { body } = await write({ text: undefined, media: [note] });
    await write({ id: "m-2", text: "", media: [note] });
    const messages = await world.messages(body["conversationId"] as string);
    expect(messages.map(({ parts }) => parts.map(({ type }) => type))).toEqual([["media"], ["media", "text"]]);
  });

  it("are fetched once, however often the message is repeated", async () => {
    const { write, image, note, other } = await shopWithFiles();
    other.files.set("/note?v=1", { status: 503 });
    expect((await write({ media: [image, note] })).status).toBe(503);
    other.files.set("/note?v=1", { status: 200, body: "at last" });
    const { status, body } = await write({ media: [image, note] });
    expect([status, body["duplicate"]]).toEqual([200, false]);
    expect((await write({ media: [image, note] })).body["duplicate"]).toBe(true);
    expect(other.fetched).toEqual(["/photo", "/note?v=1", "/note?v=1"]);
    expect(await partsOf(body["conversationId"])).toMatchObject([
      { file: { size: MAX_BYTES } },
      { file: { size: 7 } },
      {},
    ]);
  });

  it.each<[string, Reaction]>([
    ["answered 500", { status: 500 }],
    ["answered 503", { status: 503, headers: { "retry-after": "0" } }],
    ["answered 429", { status: 429 }],
    ["did not answer", "reset"],
  ])("that may come later are asked for again: its server %s", async (why, reaction) => {
    const { write, image, note, other } = await shopWithFiles();
    other.files.set("/note?v=1", reaction);
    const { status, headers, body } = await write({ media: [image, note] });
    expect([status, headers.get("retry-after"), body]).toMatchObject([503, "2", { code: "CRM_HTTP_CHANNEL_MEDIA" }]);
    expect(body["detail"]).toBe(`File 2 could not be fetched: its server ${why}. Send the message again later.`);
    other.files.set("/note?v=1", { status: 200, body: "." });
    expect((await write({ media: [image, note] })).status).toBe(200);
  });

  it.each<[string, Reaction]>([
    ["its server answered 404", { status: 404 }],
    ["its server answered 302", { status: 302, headers: { location: "/photo" } }],
    ["it is too large", { status: 200, body: Buffer.alloc(MAX_BYTES + 1) }],
  ])("that will not come are refused with the message: %s", async (why, reaction) => {
    const { write, note, other } = await shopWithFiles();
    other.files.set("/note?v=1", reaction);
    const { status, headers, body } = await write({ media: [note] });
    expect([status, headers.get("retry-after"), body["detail"]]).toEqual([
      422,
      null,
      `File 1 could not be fetched: ${why}.`,
    ]);
    expect((await write()).body).toMatchObject({ duplicate: false });
    expect(other.fetched).toEqual(["/note?v=1"]);
  });

  it.each([
    ["its address is not public", (port: string) => `http://127.0.0.2:${port}/photo`],
    ["its address is not public", (port: string) => `http://2130706434:${port}/photo`],
    ["its address is not public", (port: string) => `http://[::1]:${port}/photo`],
    ["its address is not public", () => "http://169.254.169.254/latest/meta-data/"],
    ["its address can't be called", (port: string) => `http://user:word@127.0.0.1:${port}/photo`],
  ])("are not fetched from where they must not be: %s", async (why, urlAt) => {
    const { write, other } = await shopWithFiles();
    const url = urlAt(new URL(other.origin).port);
    const { status, body } = await write({ media: [{ url, mimeType: "image/jpeg" }] });
    expect([status, body["detail"]]).toEqual([422, `File 1 could not be fetched: ${why}.`]);
    expect(JSON.stringify(body)).not.toContain(new URL(url).hostname);
    expect(other.fetched).toEqual([]);
  });

  it("that nobody serves now are asked for again", async () => {
    const { write, image } = await shopWithFiles();
    const gone = await OtherSystem.start();
    const url = `${gone.origin}/photo`;
    await gone.stop();
    const { status, body } = await write({ media: [{ ...image, url }] });
    expect([status, body["detail"]]).toMatchObject([503, expect.stringContaining("its server did not answer")]);
  });
});
