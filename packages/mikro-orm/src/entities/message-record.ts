import type { Message } from "@crmessenger/kernel/communication";
import { defineRecord } from "./define-record.ts";

export const messageRecord = defineRecord<Message>("Message", "messages", {
  conversationId: "uuid",
  channelAccountId: "uuid",
  direction: "text",
  ordinal: "integer",
  author: "json",
  parts: "json",
  replyToId: "uuid?",
  forwardedFrom: "text?",
  externalId: "text?",
  origin: "json?",
  status: "text",
  statusAt: "time",
  failure: "text?",
  sanitised: "boolean",
  sentAt: "time",
});
