import type { ChannelCapabilities, MessagePart } from "@crmessenger/kernel/communication";
import { splitText } from "./split-text.ts";

/** What the provider will be handed, one after another. */
export interface OutboundPlan {
  readonly outcome: "send";
  readonly pieces: readonly (readonly MessagePart[])[];
}

/** Why it can't be sent, in a sentence for the person who wrote it. */
export interface OutboundRefusal {
  readonly outcome: "refuse";
  readonly reason: string;
}

export interface OutboundSituation {
  readonly capabilities: ChannelCapabilities;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** When the contact last wrote; null when never. */
  readonly lastInboundAt: number | null;
}

/**
 * Decides what becomes of a message on a channel: pure, so that every case can be read and tested. Long texts are
 * split; a text next to media is its caption when it fits.
 */
export function planOutbound(
  parts: readonly MessagePart[],
  situation: OutboundSituation,
): OutboundPlan | OutboundRefusal {
  const refusal = refuse(parts, situation);
  if (refusal !== undefined) return { outcome: "refuse", reason: refusal };
  const { maxTextLength, maxCaptionLength } = situation.capabilities;
  const pieces: (readonly MessagePart[])[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as MessagePart;
    const next = parts[index + 1];
    if (part.type === "text" && part.text !== "")
      pieces.push(...splitText(part.text, maxTextLength).map((text) => [{ type: "text", text } as const]));
    else if (part.type === "media" && next?.type === "text" && next.text.length <= maxCaptionLength) {
      pieces.push([part, next]);
      index += 1;
    } else if (part.type !== "text") pieces.push([part]);
  }
  return { outcome: "send", pieces };
}

function refuse(
  parts: readonly MessagePart[],
  { capabilities, now, lastInboundAt }: OutboundSituation,
): string | undefined {
  if (!capabilities.writeFirst && lastInboundAt === null)
    return "This channel can't write first: the contact has to write once.";
  const { replyWindowMs } = capabilities;
  const late = replyWindowMs !== undefined && (lastInboundAt === null || now - lastInboundAt > replyWindowMs);
  if (late && !parts.every((part) => part.type === "template")) {
    return `The contact last wrote more than ${Math.round((replyWindowMs ?? 0) / 3_600_000)} hours ago: this channel takes only templates now.`;
  }
  if (parts.every((part) => part.type === "text" && part.text === "")) return "An empty text can't be sent.";
  for (const part of parts) {
    const reason = refusePart(part, capabilities);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function refusePart(part: MessagePart, capabilities: ChannelCapabilities): string | undefined {
  switch (part.type) {
    case "text":
      return undefined;
    case "media": {
      const limit = capabilities.media[part.kind];
      if (!limit) return `This channel can't send media of kind "${part.kind}".`;
      return part.file.size > limit.maxBytes
        ? `The file has ${part.file.size} bytes, and this channel takes at most ${limit.maxBytes}.`
        : undefined;
    }
    default:
      return `This channel can't send parts of type "${part.type}".`;
  }
}
