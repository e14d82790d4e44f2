import { expect, test } from "vitest";
import { inspectImage } from "./inspect-image.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

test("reads the size of the formats that Telegram takes as photos", () => {
  expect(inspectImage(PNG)).toEqual({ mimeType: "image/png", width: 1, height: 1 });
  const jpeg = Buffer.from("ffd8ffe000044a46ffc0000b08000a001401011100", "hex");
  expect(inspectImage(jpeg)).toEqual({ mimeType: "image/jpeg", width: 20, height: 10 });
  expect(inspectImage(Buffer.from("474946383961020003000000", "hex"))).toEqual({
    mimeType: "image/gif",
    width: 2,
    height: 3,
  });
  const webp = Buffer.alloc(30);
  webp.write("RIFF", 0, "latin1");
  webp.write("WEBPVP8X", 8, "latin1");
  webp.writeUIntLE(639, 24, 3);
  webp.writeUIntLE(479, 27, 3);
  expect(inspectImage(webp)).toEqual({ mimeType: "image/webp", width: 640, height: 480 });
});

test("knows what is no picture", () => {
  expect(inspectImage(Buffer.from("plain text"))).toBeUndefined();
  expect(inspectImage(Buffer.alloc(0))).toBeUndefined();
  expect(inspectImage(PNG.subarray(0, 18))).toBeUndefined();
});
