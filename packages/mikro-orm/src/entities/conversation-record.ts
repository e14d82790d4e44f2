import type { Conversation } from "@crmessenger/kernel/communication";
import { defineRecord } from "./define-record.ts";

export const conversationRecord = defineRecord<Conversation>("Conversation", "conversations", {
  channelAccountId: "uuid",
  channelType: "text",
  externalId: "text",
  contactId: "uuid",
  leadId: "uuid?",
  ownerId: "text?",
  teamId: "text?",
  messageCount: "integer",
  lastMessageAt: "time",
  lastInboundAt: "time?",
});
