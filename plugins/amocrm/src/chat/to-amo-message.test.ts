import type { MessagePart } from "@crmessenger/kernel/communication";
import { describe, expect, it } from "vitest";
import { toAmoMessages } from "./to-amo-message.ts";

const file = { path: "a/b", mimeType: "image/png", size: 3, sha256: "0" };
const write = (parts: readonly MessagePart[], address: string | undefined = "https://x/f") =>
  toAmoMessages({ id: "m", parts }, () => address).map(({ msgid, message }) => [msgid, message]);

describe("toAmoMessages", () => {
  it("puts a text with the file before it, and everything else into a message of its own", () => {
    const image = { type: "media", kind: "image", file: { ...file, fileName: "a.png" } } as const;
    expect(write([image, { type: "text", text: "Вот" }, { type: "text", text: "и ещё" }])).toEqual([
      ["m", { type: "picture", text: "Вот", media: "https://x/f", file_name: "a.png", file_size: 3 }],
      ["m:1", { type: "text", text: "и ещё" }],
    ]);
  });

  it("names a file that has no name, and tells how long a voice is", () => {
    const voice = {
      type: "media",
      kind: "voice",
      file: { ...file, mimeType: "audio/ogg; codecs=opus" },
      durationSeconds: 2.6,
    } as const;
    expect(write([voice])).toEqual([
      ["m", { type: "voice", text: "", media: "https://x/f", file_name: "voice.ogg", file_size: 3, media_duration: 3 }],
    ]);
  });

  it("says that there is a file when amoCRM can't fetch it", () => {
    const document = { type: "media", kind: "document", file: { ...file, fileName: "a.pdf" } } as const;
    expect(toAmoMessages({ id: "m", parts: [document] }, () => undefined)[0]?.message).toEqual({
      type: "text",
      text: "📎 a.pdf",
    });
    const both = toAmoMessages({ id: "m", parts: [document, { type: "text", text: "Вот" }] }, () => undefined);
    expect(both[0]?.message).toEqual({ type: "text", text: "📎 a.pdf\nВот" });
  });

  it("finds words for every kind of part", () => {
    const parts: readonly MessagePart[] = [
      { type: "location", latitude: 1, longitude: 2, title: "Офис" },
      { type: "contact", name: "Анна", phones: ["+7900"] },
      { type: "buttons", text: "Выберите", buttons: [{ id: "1", label: "Да" }] },
      { type: "template", name: "hello", language: "ru", variables: { name: "Анна" } },
      { type: "unsupported", description: "A poll", raw: null },
    ];
    expect(write(parts).map(([, message]) => message)).toEqual([
      { type: "location", text: "Офис", location: { lon: 2, lat: 1 } },
      { type: "contact", text: "", contact: { name: "Анна", phone: "+7900" } },
      { type: "text", text: "Выберите\n[Да]" },
      { type: "text", text: "hello\nname: Анна" },
      { type: "text", text: "A poll" },
    ]);
    expect(write([])).toEqual([["m", { type: "text", text: "" }]]);
  });
});
