import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { FrameReader, FrameWriter } from "./full-framing.ts";

test("payloads come out as they went in, however the stream is cut", () => {
  const payloads = [4, 8, 100, 70_000].map((length) => randomBytes(length));
  const writer = new FrameWriter();
  const stream = Buffer.concat(payloads.map((payload) => writer.frame(payload)));
  for (const step of [1, 7, 1000, stream.length]) {
    const reader = new FrameReader();
    const received: Buffer[] = [];
    for (let at = 0; at < stream.length; at += step) received.push(...reader.push(stream.subarray(at, at + step)));
    expect(received).toEqual(payloads);
  }
});

test("a damaged, repeated or foreign stream is refused", () => {
  const frame = new FrameWriter().frame(Buffer.from("data"));
  const damaged = Buffer.from(frame);
  damaged.writeUInt8(0, 9);
  expect(() => new FrameReader().push(damaged)).toThrow("checksum");
  const reader = new FrameReader();
  reader.push(frame);
  expect(() => reader.push(frame)).toThrow("twice");
  expect(() => new FrameReader().push(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toThrow("not MTProto's full");
});
