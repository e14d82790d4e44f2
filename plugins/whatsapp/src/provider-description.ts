import type { ChannelCapabilities, ChannelProvider } from "@crmessenger/kernel/communication";
import { z } from "zod";
import { CHANNEL_TYPE } from "./channel-type.ts";

const MEBIBYTE = 1024 * 1024;

/** What WhatsApp's own clients allow. */
const capabilities: ChannelCapabilities = {
  maxTextLength: 65_536,
  maxCaptionLength: 1_024,
  media: {
    image: { maxBytes: 16 * MEBIBYTE },
    video: { maxBytes: 64 * MEBIBYTE },
    audio: { maxBytes: 16 * MEBIBYTE },
    voice: { maxBytes: 16 * MEBIBYTE },
    document: { maxBytes: 2_048 * MEBIBYTE },
    sticker: { maxBytes: MEBIBYTE },
  },
  replies: true,
  deliveryReceipts: true,
  readReceipts: true,
  writeFirst: true,
};

/** What is known of WhatsApp accounts without its client library. */
export const providerDescription = {
  type: CHANNEL_TYPE,
  capabilities,
  settings: z.strictObject({}) as ChannelProvider["settings"],
  loginMethods: ["qr"] as readonly string[],
};
