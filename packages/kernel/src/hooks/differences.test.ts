import { expect, test } from "vitest";
import { differences } from "./differences.ts";

test.each<[unknown, unknown, readonly [string, unknown, unknown][]]>([
  [{ a: 1 }, { a: 1 }, []],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, [["b", 2, 3]]],
  [{ a: 1 }, {}, [["a", 1, undefined]]],
  [{}, { a: null }, [["a", undefined, null]]],
  [{ a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 9, d: 2 } } }, [["a.b.c", 1, 9]]],
  [{ a: null }, { a: { b: 1 } }, [["a", null, { b: 1 }]]],
  [{ a: [1, 2] }, { a: [1, 2] }, []],
  [{ a: [1, 2] }, { a: [2, 1] }, [["a", [1, 2], [2, 1]]]],
  ["x", "y", [["", "x", "y"]]],
])("%j and %j differ in %j", (from, to, expected) => {
  expect(differences(from, to).map(({ path, from: old, to: now }) => [path, old, now])).toEqual(expected);
});
