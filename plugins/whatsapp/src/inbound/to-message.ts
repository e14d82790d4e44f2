import { MAX_TEXT_LENGTH, type InboundMessage, type MessagePart } from "@crmessenger/kernel/communication";
import type { IdentityClaim } from "@crmessenger/kernel/sales";
import { CHANNEL_TYPE } from "../channel-type.ts";
import { phoneNumber } from "../jid.ts";
import type { Content, ContentPart, RemoteFile } from "./content.ts";
import type { Envelope } from "./envelope.ts";
import { TextEdge } from "./text-edge.ts";

/** Limits of the kernel's inbound message. */
const MAX = {
  name: 500,
  parts: 50,
  externalId: 300,
  phones: 20,
  phone: 50,
  title: 500,
  description: 500,
  referrer: 2_000,
};

/** A message as it came in, its files already fetched. */
export interface Arrival {
  readonly channelAccountId: string;
  readonly envelope: Envelope;
  readonly content: Content;
  /** What became of each file of the content. */
  readonly files: ReadonlyMap<RemoteFile, MessagePart>;
}

/** Maps a WhatsApp message to the kernel's. The LID comes first: it is what WhatsApp itself knows a person by. */
export function toMessage({ channelAccountId, envelope, content, files }: Arrival): InboundMessage {
  const edge = new TextEdge();
  const chat = envelope.lid ?? envelope.phoneAddress ?? "";
  const name = edge.clip(envelope.name, MAX.name);
  const parts = content.parts.flatMap((part) => toParts(part, files, edge)).slice(0, MAX.parts);
  const referrer = content.referrer === undefined ? undefined : edge.clip(content.referrer, MAX.referrer);
  return {
    channelAccountId,
    channelType: CHANNEL_TYPE,
    externalId: edge.clip(envelope.id, MAX.externalId),
    conversationExternalId: chat,
    sender: { name, identities: identities(envelope, chat) },
    parts,
    sentAt: new Date(envelope.sentAt).toISOString(),
    ...(content.replyTo === undefined ? {} : { replyToExternalId: edge.clip(content.replyTo, MAX.externalId) }),
    ...(content.forwarded ? { forwardedFrom: "another chat" } : {}),
    ...(referrer === undefined ? {} : { source: { referrer } }),
    ...(edge.changed ? { sanitised: true } : {}),
  };
}

function identities({ phoneAddress }: Envelope, chat: string): IdentityClaim[] {
  const own: IdentityClaim = { kind: CHANNEL_TYPE, value: chat, verified: true };
  if (!phoneAddress) return [own];
  return [own, { kind: "phone", value: phoneNumber(phoneAddress), verified: true }];
}

function toParts(part: ContentPart, files: Arrival["files"], edge: TextEdge): MessagePart[] {
  switch (part.type) {
    case "text":
      return textParts(edge.clean(part.text));
    case "file": {
      // Stored under a clean name already; asked again so that the message says so.
      edge.clean(part.file.fileName ?? "");
      const stored = files.get(part.file);
      return stored ? [stored] : [];
    }
    case "location": {
      const { title, ...where } = part;
      return [title === undefined ? where : { ...where, title: edge.clip(title, MAX.title) }];
    }
    case "contact": {
      const phones = part.phones.slice(0, MAX.phones).map((phone) => edge.clip(phone, MAX.phone));
      return [{ type: "contact", name: edge.clip(part.name, MAX.name), phones }];
    }
    case "unsupported": {
      const description = edge.clip(part.description, MAX.description);
      return [{ type: "unsupported", description, raw: edge.cleanAll(part.raw) }];
    }
  }
}

/** One part, or several where a text is longer than a part may be. */
function textParts(text: string): MessagePart[] {
  if (text.length <= MAX_TEXT_LENGTH) return [{ type: "text", text }];
  const parts: MessagePart[] = [];
  for (let start = 0; start < text.length;) {
    const piece = text.slice(start, start + MAX_TEXT_LENGTH).replace(/[\uD800-\uDBFF]$/, "");
    parts.push({ type: "text", text: piece });
    start += piece.length;
  }
  return parts;
}
