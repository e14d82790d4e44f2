import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitText } from "./split-text.ts";

describe("splitText", () => {
  it("keeps a text that fits", () => {
    expect(splitText("hello", 5)).toEqual(["hello"]);
    expect(splitText("", 5)).toEqual([""]);
  });

  it("prefers the end of a paragraph, then of a line, then of a word", () => {
    expect(splitText("one two\n\nthree four", 12)).toEqual(["one two\n\n", "three four"]);
    expect(splitText("one two\nthree four", 12)).toEqual(["one two\n", "three four"]);
    expect(splitText("one two three", 9)).toEqual(["one two ", "three"]);
  });

  it("cuts a word that is longer than the limit", () => {
    expect(splitText("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
  });

  it("never loses or changes anything, exceeds the limit, or cuts a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, limit) => {
        const pieces = splitText(text, limit);
        expect(pieces.join("")).toBe(text);
        expect(pieces.every((piece) => piece.length <= limit)).toBe(true);
        if (text.isWellFormed()) expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
    );
  });
});
