import type { ChannelCapabilities, MessagePart } from "@crmessenger/kernel/communication";
import { describe, expect, it } from "vitest";
import { planOutbound } from "./plan-outbound.ts";

const HOUR = 3_600_000;
const now = Date.parse("2026-01-02T12:00:00.000Z");

const capabilities: ChannelCapabilities = {
  maxTextLength: 20,
  maxCaptionLength: 10,
  media: { image: { maxBytes: 100 } },
  replies: true,
  deliveryReceipts: true,
  readReceipts: true,
  writeFirst: true,
};

const text = (value: string): MessagePart => ({ type: "text", text: value });
const image = (size = 50): MessagePart => ({
  type: "media",
  kind: "image",
  file: { path: "a", size, sha256: "0".repeat(64), mimeType: "image/png" },
});
const plan = (
  parts: readonly MessagePart[],
  changes: Partial<ChannelCapabilities> = {},
  lastInboundAt: number | null = now,
) => planOutbound(parts, { capabilities: { ...capabilities, ...changes }, now, lastInboundAt });

describe("planOutbound", () => {
  it("sends a text as it is, and a long one in pieces", () => {
    expect(plan([text("hello")])).toEqual({ outcome: "send", pieces: [[text("hello")]] });
    expect(plan([text("a long text that must be split")])).toEqual({
      outcome: "send",
      pieces: [[text("a long text that ")], [text("must be split")]],
    });
  });

  it("makes a text the caption of the media before it when it fits", () => {
    expect(plan([image(), text("short")])).toEqual({ outcome: "send", pieces: [[image(), text("short")]] });
    expect(plan([image(), text("far too long")])).toEqual({
      outcome: "send",
      pieces: [[image()], [text("far too long")]],
    });
    expect(plan([image(), text("")])).toEqual({ outcome: "send", pieces: [[image(), text("")]] });
  });

  it("refuses what the channel can't carry, and says why", () => {
    expect(plan([text("")])).toMatchObject({ outcome: "refuse", reason: expect.stringContaining("empty") });
    expect(plan([image(101)])).toMatchObject({ outcome: "refuse", reason: expect.stringContaining("at most 100") });
    expect(plan([{ ...image(), kind: "video" } as MessagePart])).toMatchObject({
      outcome: "refuse",
      reason: expect.stringContaining('"video"'),
    });
    expect(plan([{ type: "location", latitude: 0, longitude: 0 }])).toMatchObject({
      outcome: "refuse",
      reason: expect.stringContaining('"location"'),
    });
  });

  it("keeps to the reply window", () => {
    const window = { replyWindowMs: 24 * HOUR };
    expect(plan([text("hi")], window, now - 23 * HOUR).outcome).toBe("send");
    expect(plan([text("hi")], window, now - 25 * HOUR)).toMatchObject({
      outcome: "refuse",
      reason: expect.stringContaining("24 hours"),
    });
    expect(plan([text("hi")], window, null).outcome).toBe("refuse");
  });

  it("does not write first where the channel can't", () => {
    expect(plan([text("hi")], { writeFirst: false }, null)).toMatchObject({
      outcome: "refuse",
      reason: expect.stringContaining("write first"),
    });
    expect(plan([text("hi")], { writeFirst: false }, now).outcome).toBe("send");
  });
});
