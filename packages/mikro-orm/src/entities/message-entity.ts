import { defineEntity, p } from "@mikro-orm/core";
import type { DeliveryStatus, Direction, MessageOrigin, MessagePart, Participant } from "@crmessenger/kernel/communication";
import { document, recordProperties, reference, time } from "./record-properties.ts";

export const MessageEntity = defineEntity({
  name: "Message",
  tableName: "messages",
  properties: {
    ...recordProperties,
    conversationId: reference(),
    channelAccountId: reference(),
    direction: p.text().$type<Direction>(),
    ordinal: p.integer(),
    author: document<Participant>(),
    parts: document<readonly MessagePart[]>(),
    replyToId: reference().nullable(),
    forwardedFrom: p.text().nullable(),
    externalId: p.text().nullable(),
    origin: document<MessageOrigin>().nullable(),
    status: p.text().$type<DeliveryStatus>(),
    statusAt: time(),
    failure: p.text().nullable(),
    sanitised: p.boolean(),
    sentAt: time(),
  },
});
