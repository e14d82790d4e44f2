import type { ChannelIdentity } from "@crmessenger/kernel/sales";
import { defineRecord } from "./define-record.ts";

export const channelIdentityRecord = defineRecord<ChannelIdentity>("ChannelIdentity", "channel_identities", {
  contactId: "uuid",
  kind: "text",
  value: "text",
  aliases: "list",
  verified: "boolean",
});
