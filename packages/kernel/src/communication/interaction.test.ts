import { expect, test } from "vitest";
import type { Conversation } from "./conversation.ts";
import { interactionOf } from "./interaction.ts";
import type { Message } from "./message.ts";

const entity = { tenantId: "default", version: 1, createdAt: at(0), updatedAt: at(0), deletedAt: null };
const conversation: Conversation = {
  ...entity,
  id: "c1",
  channelAccountId: "a1",
  channelType: "telegram",
  externalId: "100",
  contactId: "p1",
  leadId: "l1",
  ownerId: null,
  teamId: null,
  messageCount: 1,
  lastMessageAt: at(1),
  lastInboundAt: at(1),
};
const message: Message = {
  ...entity,
  id: "m1",
  conversationId: "c1",
  channelAccountId: "a1",
  direction: "inbound",
  ordinal: 1,
  author: { kind: "contact", id: "p1", name: "Ann" },
  parts: [],
  replyToId: null,
  forwardedFrom: null,
  externalId: "5",
  origin: null,
  status: "delivered",
  statusAt: at(1),
  failure: null,
  sanitised: false,
  sentAt: at(1),
};

function at(second: number): string {
  return new Date(second * 1_000).toISOString();
}

test("a message is an interaction about the lead of its conversation", () => {
  expect(interactionOf(message, conversation)).toEqual({
    messageId: "m1",
    conversationId: "c1",
    channelType: "telegram",
    direction: "inbound",
    contactId: "p1",
    about: { type: "lead", id: "l1" },
    at: "1970-01-01T00:00:01.000Z",
  });
});

test("without a lead it is about nothing", () => {
  expect(interactionOf(message, { ...conversation, leadId: null }).about).toBeNull();
});
