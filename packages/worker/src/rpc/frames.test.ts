import { expect, test } from "vitest";
import { FrameReader, frame } from "./frames.ts";

const values = [{ text: "a" }, new Map([["key", new Uint8Array([1, 2, 3])]]), "x".repeat(100_000), undefined];

test.each([1, 3, 7, 1_000, 1_000_000])("frames are put together from pieces of %d bytes", (size) => {
  const bytes = Buffer.concat(values.map(frame));
  const reader = new FrameReader();
  const read: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
  expect(read).toEqual(values);
});

test("what is no frame is refused", () => {
  expect(() => new FrameReader().push(Buffer.from("\xff\xff\xff\xffgarbage", "latin1"))).toThrow(RangeError);
  const noValue = Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.from("oops")]);
  expect(() => new FrameReader().push(noValue)).toThrow(/version|deserialize|clone/i);
});
