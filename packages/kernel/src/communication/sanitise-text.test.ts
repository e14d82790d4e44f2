import fc from "fast-check";
import { expect, test } from "vitest";
import { sanitiseText } from "./sanitise-text.ts";

test.each([
  "",
  "Здравствуйте 👋🏽",
  "\u202Eمرحبا",
  "<script>alert(1)</script>",
  "\u0001\u001F\u007F\uFFFD\uFFFE",
  "a\r\nb\t",
])("%j passes unchanged", (text) => {
  expect(sanitiseText(text)).toEqual({ text, sanitised: false });
});

test.each([
  ["a\0b", "a\uFFFDb"],
  ["\0\0", "\uFFFD\uFFFD"],
  ["\uD83D", "\uFFFD"],
  ["x\uDE00\uD83Dy", "x\uFFFD\uFFFDy"],
  ["😀\uD83D\0😀", "😀\uFFFD\uFFFD😀"],
])("%j is made storable, and says so", (text, expected) => {
  expect(sanitiseText(text)).toEqual({ text: expected, sanitised: true });
});

test("any text becomes well formed, as long as before and without NUL, and stays so", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }), (text) => {
      const once = sanitiseText(text);
      expect(once.text.isWellFormed()).toBe(true);
      expect(once.text).not.toContain("\0");
      expect(once.text).toHaveLength(text.length);
      expect(once.sanitised).toBe(once.text !== text);
      expect(sanitiseText(once.text)).toEqual({ text: once.text, sanitised: false });
    }),
  );
});
