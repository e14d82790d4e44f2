import { Storage } from "@crmessenger/kernel/infrastructure";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, until } from "./amo-world.test.support.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("files", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });

  it("reach amoCRM, which fetches them from us with the text that goes with them", async () => {
    world = await AmoWorld.start();
    const { amo, phones, kernel } = world;
    const meta = { mimeType: "image/png", fileName: "фото.png" };
    const file = await kernel.run(() => kernel.get(Storage).put("inbound/a/1", bytes("PNG"), meta));
    const parts = [{ type: "media", kind: "image", file } as const, { type: "text", text: "Вот" } as const];
    const { conversationId } = await phones.writeParts("anna", parts);
    await until(() => amo.messages(conversationId)[0]?.media?.state === "stored");
    const [message] = amo.messages(conversationId);
    expect(message).toMatchObject({ type: "picture", text: "Вот", media: { fileName: "фото.png", fileSize: 3 } });
    expect(Buffer.from(message?.media?.content ?? []).toString()).toBe("PNG");
    expect(message?.media?.contentType).toBe("image/png");
  });

  it("are only given to who holds an address of ours", async () => {
    world = await AmoWorld.start();
    const forged = `${Buffer.from("inbound/a/1").toString("base64url")}.zzzzzzzzz.AAAA`;
    expect((await fetch(`${world.publicUrl}/hooks/amocrm/media/${forged}`)).status).toBe(404);
    expect((await fetch(`${world.publicUrl}/hooks/amocrm/media/x`)).status).toBe(404);
  });

  it("come from managers, one message for each", async () => {
    world = await AmoWorld.start();
    const { amo, phones, manager, kernel } = world;
    const { conversationId } = await phones.write("anna", "Пришлите договор");
    await until(() => amo.messages(conversationId).length === 1);
    manager.reply(conversationId, {
      text: "Вот",
      media: [
        { content: bytes("PDF"), fileName: "договор.pdf", contentType: "application/pdf" },
        { content: bytes("PNG"), fileName: "план.png", contentType: "image/png" },
      ],
    });
    await until(() => phones.arrived.length === 2);
    expect(
      phones.arrived.map(({ parts }) => parts.map((part) => (part.type === "media" ? part.kind : part.type))),
    ).toEqual([["document", "text"], ["image"]]);
    const [part] = phones.arrived[0]?.parts ?? [];
    if (part?.type !== "media") throw new Error("The first part is the file.");
    expect(part.file).toMatchObject({ mimeType: "application/pdf", fileName: "договор.pdf", size: 3 });
    const content = await kernel.run(() => kernel.get(Storage).get(part.file.path));
    expect(await new Response(content).text()).toBe("PDF");
  });

  it("that are gone are reported to the manager, those that are late are waited for", async () => {
    world = await AmoWorld.start();
    const { amo, phones, manager, http } = world;
    const { conversationId } = await phones.write("anna", "Вопрос");
    await until(() => amo.messages(conversationId).length === 1);
    let failures = 2;
    http.before = ({ url }) =>
      url.includes("/attachments/") && failures-- > 0 ? new TypeError("The network is down.") : undefined;
    manager.reply(conversationId, { text: "", media: { content: bytes("1"), fileName: "a.txt" } });
    await until(() => phones.arrived.length === 1);
    expect(failures).toBeLessThanOrEqual(0);
  });
});
