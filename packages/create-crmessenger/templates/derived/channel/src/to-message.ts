import {
  type DeliveryUpdate,
  type InboundMessage,
  type MessagePart,
  sanitiseText,
} from "@crmessenger/kernel/communication";
import type { TemplateNameMessage, TemplateNameReceipt } from "./payload.ts";

/** Our message from Template name's; its files are already received. */
export function toMessage(
  accountId: string,
  message: TemplateNameMessage,
  media: readonly MessagePart[],
): InboundMessage {
  const { from, replyTo } = message;
  const text = sanitiseText(message.text ?? "");
  const name = sanitiseText(from.name);
  return {
    channelAccountId: accountId,
    channelType: "template-name",
    externalId: message.id,
    conversationExternalId: message.chatId,
    sender: {
      name: name.text,
      identities: [
        { kind: "template-name", value: from.id, verified: true },
        ...(from.phone === undefined ? [] : [{ kind: "phone", value: from.phone, verified: false }]),
      ],
    },
    parts: message.text === undefined ? media : [...media, { type: "text", text: text.text }],
    sentAt: new Date(message.sentAt).toISOString(),
    ...(replyTo === undefined ? {} : { replyToExternalId: replyTo }),
    ...(text.sanitised || name.sanitised ? { sanitised: true } : {}),
  };
}

export function toDeliveryUpdate({ messageId, status, at }: TemplateNameReceipt): DeliveryUpdate {
  return { externalId: messageId, status, at: new Date(at).toISOString() };
}
