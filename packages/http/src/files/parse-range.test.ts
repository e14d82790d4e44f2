import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRange } from "./parse-range.ts";

describe("parseRange", () => {
  it.each([
    ["bytes=0-0", { start: 0, end: 1 }],
    ["bytes=2-5", { start: 2, end: 6 }],
    ["bytes=2-", { start: 2, end: 10 }],
    ["bytes=2-99", { start: 2, end: 10 }],
    ["bytes=-3", { start: 7, end: 10 }],
    ["bytes=-99", { start: 0, end: 10 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["", undefined],
    ["bytes=-", undefined],
    ["bytes=5-2", undefined],
    ["bytes=0-1,3-4", undefined],
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
  ] as const)("reads %j of 10 bytes as %j", (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it("never reaches outside the file", () => {
    const number = fc.option(fc.nat(), { nil: "" });
    fc.assert(
      fc.property(number, number, fc.nat({ max: 1_000 }), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (typeof range !== "object") return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThan(range.start);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});
