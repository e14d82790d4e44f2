import type { ChannelCapabilities, ChannelProvider } from "@crmessenger/kernel/communication";
import { z } from "zod";
import { CHANNEL_TYPE } from "./channel-type.ts";

/** Without Telegram Premium: https://limits.tginfo.me. */
const MAX_FILE = { maxBytes: 2_000 * 1024 * 1024 };

const capabilities: ChannelCapabilities = {
  maxTextLength: 4096,
  maxCaptionLength: 1024,
  media: { image: MAX_FILE, video: MAX_FILE, audio: MAX_FILE, voice: MAX_FILE, document: MAX_FILE, sticker: MAX_FILE },
  replies: true,
  deliveryReceipts: false,
  readReceipts: true,
  // Only to people the account has met: it needs their access hash.
  writeFirst: false,
};

/** What is known of Telegram accounts without its client library. */
export const providerDescription = {
  type: CHANNEL_TYPE,
  capabilities,
  settings: z.strictObject({}) as ChannelProvider["settings"],
  loginMethods: ["qr", "bot-token"] as readonly string[],
};
