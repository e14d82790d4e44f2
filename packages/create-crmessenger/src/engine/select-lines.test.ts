import { expect, test } from "vitest";
import { selectLines } from "./select-lines.ts";

const select = (text: string, ...flags: readonly string[]) => selectLines(text, new Set(flags), "file");

test("keeps the lines whose flags are set, in any comment syntax, and no marks", () => {
  const text = "a\n  // #if x\nb\n  // #else\nc\n// #end\n# #if y\nd\n# #end\n<!-- #if !y -->\ne\n<!-- #end -->\nf";
  expect(select(text, "x").split("\n")).toEqual(["a", "b", "e", "f"]);
  expect(select(text, "y").split("\n")).toEqual(["a", "c", "d", "f"]);
});

test("conditions nest", () => {
  const text = "# #if x\na\n# #if y\nb\n# #end\nc\n# #end";
  expect(["", "x", "y", "x y"].map((flags) => select(text, ...flags.split(" ")))).toEqual(["", "a\nc", "", "a\nb\nc"]);
});

test.each([
  ["# #if x\na", "an #if has no #end"],
  ["a\n# #end", "an #end has no #if"],
  ["# #if\na\n# #end", '"" is no condition'],
])("says that %j is broken", (text, why) => {
  expect(() => select(text)).toThrow(
    expect.objectContaining({ code: "CRM_SCAFFOLD_TEMPLATE", message: `The template file is broken: ${why}.` }),
  );
});

test("leaves headings, hashes and comments alone", () => {
  const text = "# Title\n#!/bin/sh\n// if x\n<!-- note -->\nvalue #if x";
  expect(select(text)).toBe(text);
});
