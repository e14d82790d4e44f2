import { describe, expect, test } from "vitest";
import { toWire, wireParser } from "./wire-values.ts";

describe("toWire", () => {
  test("writes values as PostgreSQL reads them", () => {
    expect([null, undefined, "a'b", 1.5, 12n, true, new Date(0)].map(toWire)).toEqual([
      null,
      null,
      "a'b",
      "1.5",
      "12",
      "true",
      "1970-01-01T00:00:00.000Z",
    ]);
  });

  test("passes bytes on as they are", () => {
    const bytes = new Uint8Array([0, 255]);
    expect(toWire(bytes)).toBe(bytes);
  });

  test("writes arrays as SQL arrays, with quotes, backslashes and nulls inside, and objects as JSON", () => {
    expect(toWire(["a", 'b"\\', null, "NULL", ""])).toBe(String.raw`{"a","b\"\\",NULL,"NULL",""}`);
    expect(toWire([[1], [2]])).toBe('{{"1"},{"2"}}');
    expect(toWire([new Uint8Array([1, 171])])).toBe(String.raw`{"\\x01ab"}`);
    expect(toWire({ a: [1] })).toBe('{"a":[1]}');
  });

  test("refuses what is no value", () => {
    expect(() => toWire(() => 1)).toThrow(TypeError);
    expect(() => toWire(Symbol("a"))).toThrow(TypeError);
  });
});

describe("wireParser", () => {
  const parse = (oid: number, text: string) => wireParser(oid)(text);

  test("leaves text and what it does not know as text", () => {
    expect(parse(25, "a")).toBe("a");
    expect(parse(1700, "1.10")).toBe("1.10");
  });

  test("reads numbers, booleans, bytes and JSON", () => {
    expect([parse(20, "9007199254740991"), parse(23, "-1"), parse(701, "0.5"), parse(16, "t"), parse(16, "f")]).toEqual(
      [9007199254740991, -1, 0.5, true, false],
    );
    expect([...(parse(17, String.raw`\x00ff`) as Uint8Array)]).toEqual([0, 255]);
    expect(parse(3802, '{"a":1}')).toEqual({ a: 1 });
  });

  test("reads times as records hold them, to the millisecond", () => {
    const times = [
      "2026-01-02 03:04:05+00",
      "2026-01-02 03:04:05.1+00",
      "2026-01-02 03:04:05.123456+00",
      "2026-01-02 03:04:05.1",
      "2026-01-02 05:04:05+02",
    ];
    expect(times.map((time) => parse(1184, time))).toEqual([
      "2026-01-02T03:04:05.000Z",
      "2026-01-02T03:04:05.100Z",
      "2026-01-02T03:04:05.123Z",
      "2026-01-02T03:04:05.100Z",
      "2026-01-02T03:04:05.000Z",
    ]);
    expect(parse(1184, "-infinity")).toBe("-infinity");
  });

  test("reads arrays", () => {
    expect(parse(1009, String.raw`{a,"b \"c\"\\",NULL,"NULL",""}`)).toEqual(["a", 'b "c"\\', null, "NULL", ""]);
    expect(parse(1007, "{1,2}")).toEqual([1, 2]);
    expect(parse(1009, "{}")).toEqual([]);
    expect(parse(1185, '{"2026-01-02 03:04:05+00",NULL}')).toEqual(["2026-01-02T03:04:05.000Z", null]);
  });
});
