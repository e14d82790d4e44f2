import { expect, test } from "vitest";
import { problemOfPattern } from "./check-pattern.ts";

test.each([
  String.raw`^\d{3}-\d{4}$`,
  String.raw`^(\+7|8)\d{10}$`,
  "^[A-Z]{2}[a-z()|*+]+$",
  String.raw`^\w+@\w+\.\w+$`,
  String.raw`^(ab)+\(x\)$`,
  String.raw`^\p{Lu}\p{Ll}+$`,
])("takes %s", (pattern) => {
  expect(problemOfPattern(pattern)).toBeUndefined();
});

test.each([
  "(",
  "(a+)+$",
  "(a|a)*$",
  "((ab)?c)*$",
  "(a?a?)*$",
  "(x+){20}$",
  "(?:(?:a+))+$",
  String.raw`(a)\1`,
  "(?=a)b",
  "a*a*a*a*b",
  "a{0,99}a{0,99}a{0,99}a{0,99}b",
])("refuses %s", (pattern) => {
  expect(problemOfPattern(pattern)).toEqual(expect.any(String));
});
