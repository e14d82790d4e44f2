import {
  type DeliveryUpdate,
  type InboundMessage,
  type MediaKind,
  type MessagePart,
  sanitiseText,
} from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { IdentityClaim, LeadSource } from "@crmessenger/kernel/sales";
import type { InboundPayload, StatusPayload } from "./payload.ts";

type Source = Omit<LeadSource, "channel" | "channelAccountId">;

/** Our message from theirs; the files are already stored, in the order of `payload.media`. */
export function toMessage(accountId: string, payload: InboundPayload, files: readonly StoredFile[]): InboundMessage {
  const text = sanitiseText(payload.text ?? "");
  const name = sanitiseText(payload.sender.name);
  const media = files.map((file, index): MessagePart => {
    return { type: "media", kind: payload.media?.[index]?.kind ?? kindOf(file.mimeType), file };
  });
  const source = sourceOf(payload);
  return {
    channelAccountId: accountId,
    channelType: "http",
    externalId: payload.id,
    conversationExternalId: payload.conversationId,
    sender: { name: name.text, identities: identitiesOf(accountId, payload) },
    parts: payload.text === undefined ? media : [...media, { type: "text", text: text.text }],
    sentAt: new Date(payload.sentAt).toISOString(),
    ...(payload.replyTo === undefined ? {} : { replyToExternalId: payload.replyTo }),
    ...(source === undefined ? {} : { source }),
    ...(text.sanitised || name.sanitised ? { sanitised: true } : {}),
  };
}

/**
 * Their report on a message of ours. It is never named by our own id: a message of several parts goes out in pieces,
 * and the first of them bears the id of the whole.
 */
export function toDeliveryUpdate({ messageId, status, at, failure }: StatusPayload): DeliveryUpdate {
  return {
    externalId: messageId,
    status,
    at: new Date(at).toISOString(),
    ...(failure === undefined ? {} : { failure: sanitiseText(failure).text }),
  };
}

/** Another system counts its people by itself: its ids mean nothing beyond the account. */
function identitiesOf(accountId: string, { sender }: InboundPayload): readonly IdentityClaim[] {
  const { id, phone, email } = sender;
  return [
    { kind: "http", value: `${accountId}/${id}`, verified: true },
    ...(phone === undefined ? [] : [{ kind: "phone", value: phone, verified: false }]),
    ...(email === undefined ? [] : [{ kind: "email", value: email, verified: false }]),
  ];
}

function sourceOf({ utm, referrer }: InboundPayload): Source | undefined {
  if (utm === undefined && referrer === undefined) return undefined;
  const clean = Object.entries(utm ?? {}).map(([name, value]) => [name, sanitiseText(value).text]);
  return {
    ...(utm === undefined ? {} : { utm: Object.fromEntries(clean) as NonNullable<Source["utm"]> }),
    ...(referrer === undefined ? {} : { referrer: sanitiseText(referrer).text }),
  };
}

function kindOf(mimeType: string): MediaKind {
  const [family] = mimeType.split("/", 1);
  return family === "image" || family === "video" || family === "audio" ? family : "document";
}
