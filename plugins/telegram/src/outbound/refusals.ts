/** Why Telegram refuses, in a sentence for whoever wrote the message. */
const REASONS: Readonly<Record<string, string>> = {
  PEER_ID_INVALID: "Telegram does not let this account write to this person.",
  USER_IS_BLOCKED: "The customer has blocked this account.",
  YOU_BLOCKED_USER: "This account has blocked the customer. Unblock them in Telegram first.",
  INPUT_USER_DEACTIVATED: "The customer has deleted their Telegram account.",
  USER_PRIVACY_RESTRICTED: "The customer's privacy settings do not allow this message.",
  PRIVACY_PREMIUM_REQUIRED: "The customer takes messages from Telegram Premium accounts only.",
  PEER_FLOOD: "Telegram has limited this account: it may not write to people who have not written to it.",
  MESSAGE_TOO_LONG: "The text is too long for Telegram.",
  MEDIA_CAPTION_TOO_LONG: "The text is too long to go with a file.",
  MESSAGE_EMPTY: "Telegram does not send empty messages.",
  CHAT_WRITE_FORBIDDEN: "This account may not write in this chat.",
  VOICE_MESSAGES_FORBIDDEN: "The customer does not accept voice messages.",
  FILE_PARTS_INVALID: "The file is too large for Telegram.",
};

export function refusalReason(name: string): string {
  return REASONS[name] ?? `Telegram refused the message (${name}).`;
}
