import { type InboundMessage, sanitiseText } from "@crmessenger/kernel/communication";
import type { Update } from "./messenger-api.ts";

/** Our message from the provider's. */
export function toMessage(accountId: string, update: Update): InboundMessage {
  const text = sanitiseText(update.text);
  const name = sanitiseText(update.sender.name);
  return {
    channelAccountId: accountId,
    channelType: "template-name",
    externalId: String(update.number),
    conversationExternalId: update.chat,
    sender: { name: name.text, identities: [{ kind: "template-name", value: update.sender.id, verified: true }] },
    parts: [{ type: "text", text: text.text }],
    sentAt: new Date(update.sentAt).toISOString(),
    ...(text.sanitised || name.sanitised ? { sanitised: true } : {}),
  };
}
