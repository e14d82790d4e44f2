import { defineEntity, p } from "@mikro-orm/core";
import { recordProperties, reference, time } from "./record-properties.ts";

export const ConversationEntity = defineEntity({
  name: "Conversation",
  tableName: "conversations",
  properties: {
    ...recordProperties,
    channelAccountId: reference(),
    channelType: p.text(),
    externalId: p.text(),
    contactId: reference(),
    leadId: reference().nullable(),
    ownerId: p.text().nullable(),
    teamId: p.text().nullable(),
    messageCount: p.integer(),
    lastMessageAt: time(),
    lastInboundAt: time().nullable(),
  },
});
