import { expect, test } from "vitest";
import { previewOf } from "./preview-of.ts";

const file = { path: "in/a", size: 1, sha256: "00".repeat(32), mimeType: "image/jpeg" };

test("shows the first words, or what kind of thing it is", () => {
  expect(previewOf([{ type: "text", text: "Hello" }])).toBe("Hello");
  expect(
    previewOf([
      { type: "media", kind: "image", file },
      { type: "text", text: "A cat" },
    ]),
  ).toBe("A cat");
  expect(previewOf([{ type: "media", kind: "voice", file }])).toBe("[voice]");
  expect(previewOf([{ type: "location", latitude: 1, longitude: 2 }])).toBe("[location]");
  expect(previewOf([])).toBe("[empty]");
});

test("cuts long text without leaving half a character", () => {
  const preview = previewOf([{ type: "text", text: `${"a".repeat(119)}😀 and more` }]);
  expect(preview.isWellFormed()).toBe(true);
  expect(preview.startsWith("a".repeat(119))).toBe(true);
  expect(preview.endsWith("…")).toBe(true);
});
