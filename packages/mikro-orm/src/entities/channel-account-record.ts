import type { ChannelAccount } from "@crmessenger/kernel/communication";
import { defineRecord } from "./define-record.ts";

export const channelAccountRecord = defineRecord<ChannelAccount>("ChannelAccount", "channel_accounts", {
  type: "text",
  name: "text",
  enabled: "boolean",
  settings: "json",
  externalId: "text?",
  state: "json",
});
