import { type DeliveryUpdate, type InboundMessage, type MediaKind, type MessagePart, sanitiseText } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { IdentityClaim, LeadSource } from "@crmessenger/kernel/sales";
import type { InboundPayload, StatusPayload } from "./payload.ts";

/** Our message from theirs; the files are already stored, in the order of `payload.media`. */
export function toMessage(accountId: string, payload: InboundPayload, files: readonly StoredFile[]): InboundMessage {
  const text = sanitiseText(payload.text ?? "");
  const name = sanitiseText(payload.sender.name);
  const media = files.map((file, index): MessagePart => ({ type: "media", kind: payload.media?.[index]?.kind ?? kindOf(file.mimeType), file }));
  const source = sourceOf(payload);
  return {
    channelAccountId: accountId,
    channelType: "http",
    externalId: payload.id,
    conversationExternalId: payload.conversationId,
    sender: { name: name.text, identities: identitiesOf(payload) },
    parts: payload.text === undefined && media.length > 0 ? media : [...media, { type: "text", text: text.text }],
    sentAt: new Date(payload.sentAt).toISOString(),
    ...(payload.replyTo === undefined ? {} : { replyToExternalId: payload.replyTo }),
    ...(source === undefined ? {} : { source }),
    ...(text.sanitised || name.sanitised ? { sanitised: true } : {}),
  };
}

export function toDeliveryUpdate(payload: StatusPayload): DeliveryUpdate {
  const { messageId, status, at, failure } = payload;
  return { externalId: messageId, status, at: new Date(at).toISOString(), ...(failure === undefined ? {} : { failure }) };
}

function identitiesOf({ sender }: InboundPayload): readonly IdentityClaim[] {
  return [
    { kind: "http", value: sender.id, verified: true },
    ...(sender.phone === undefined ? [] : [{ kind: "phone", value: sender.phone, verified: false }]),
    ...(sender.email === undefined ? [] : [{ kind: "email", value: sender.email, verified: false }]),
  ];
}

function sourceOf({ utm, referrer }: InboundPayload): Omit<LeadSource, "channel" | "channelAccountId"> | undefined {
  if (utm === undefined && referrer === undefined) return undefined;
  return { ...(utm === undefined ? {} : { utm: utm as NonNullable<LeadSource["utm"]> }), ...(referrer === undefined ? {} : { referrer }) };
}

function kindOf(mimeType: string): MediaKind {
  const [family] = mimeType.split("/", 1);
  return family === "image" || family === "video" || family === "audio" ? family : "document";
}
