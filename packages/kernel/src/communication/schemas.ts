import { z } from "zod";
import { entityFields, id, json, jsonObject, timestamp } from "../schema.ts";
import type { StoredFile } from "../infrastructure/storage.ts";
import type { Activity } from "./activity.ts";
import type { ChannelAccount } from "./channel-account.ts";
import type { ChannelState, DeliveryUpdate } from "./channel.ts";
import type { Conversation } from "./conversation.ts";
import type { InboundMessage, InboundReceipt } from "./inbound-message.ts";
import type { LoginStep } from "./login-flow.ts";
import type { Message, Participant } from "./message.ts";
import type { MessagePart } from "./message-part.ts";
import { identityClaimSchema } from "../sales/schemas.ts";

/** Characters of one text part: what no messenger exceeds. */
export const MAX_TEXT_LENGTH = 65_536;

export const storedFileSchema: z.ZodType<StoredFile> = z.strictObject({
  path: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/)
    .max(500),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mimeType: z.string().min(1).max(200),
  fileName: z.string().max(255).exactOptional(),
});

export const messagePartSchema: z.ZodType<MessagePart> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().max(MAX_TEXT_LENGTH) }),
  z.strictObject({
    type: z.literal("media"),
    kind: z.enum(["image", "video", "audio", "voice", "document", "sticker"]),
    file: storedFileSchema,
    durationSeconds: z.number().nonnegative().exactOptional(),
  }),
  z.strictObject({
    type: z.literal("location"),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    title: z.string().max(500).exactOptional(),
  }),
  z.strictObject({
    type: z.literal("contact"),
    name: z.string().max(500),
    phones: z.array(z.string().max(50)).max(20).readonly(),
  }),
  z.strictObject({
    type: z.literal("buttons"),
    text: z.string().max(MAX_TEXT_LENGTH),
    buttons: z
      .array(z.strictObject({ id: z.string().max(64), label: z.string().max(100) }))
      .max(20)
      .readonly(),
  }),
  z.strictObject({
    type: z.literal("template"),
    name: z.string().max(200),
    language: z.string().max(20),
    variables: z.record(z.string(), z.string()),
  }),
  z.strictObject({ type: z.literal("unsupported"), description: z.string().max(500), raw: json }),
]);

export const participantSchema: z.ZodType<Participant> = z.object({
  kind: z.enum(["contact", "user", "plugin", "system"]),
  id,
  name: z.string(),
});

const deliveryStatus = z.enum(["queued", "sent", "delivered", "read", "failed"]);

export const messageSchema: z.ZodType<Message> = z.object({
  ...entityFields,
  conversationId: id,
  channelAccountId: id,
  direction: z.enum(["inbound", "outbound"]),
  ordinal: z.number().int().positive(),
  author: participantSchema,
  parts: z.array(messagePartSchema).readonly(),
  replyToId: id.nullable(),
  forwardedFrom: z.string().nullable(),
  externalId: z.string().nullable(),
  origin: z.object({ system: z.string(), id: z.string() }).nullable(),
  status: deliveryStatus,
  statusAt: timestamp,
  failure: z.string().nullable(),
  sanitised: z.boolean(),
  sentAt: timestamp,
});

export const conversationSchema: z.ZodType<Conversation> = z.object({
  ...entityFields,
  channelAccountId: id,
  channelType: z.string(),
  externalId: z.string(),
  contactId: id,
  leadId: id.nullable(),
  ownerId: id.nullable(),
  teamId: id.nullable(),
  messageCount: z.number().int().nonnegative(),
  lastMessageAt: timestamp,
  lastInboundAt: timestamp.nullable(),
});

export const channelStateSchema: z.ZodType<ChannelState> = z.object({
  status: z.enum(["stopped", "connecting", "connected", "degraded", "needs-login", "blocked"]),
  reason: z.string(),
});

export const channelAccountSchema: z.ZodType<ChannelAccount> = z.object({
  ...entityFields,
  type: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  settings: jsonObject,
  externalId: z.string().nullable(),
  state: channelStateSchema,
});

export const activitySchema: z.ZodType<Activity> = z.object({
  id,
  contactId: id,
  leadId: id.nullable(),
  kind: z.string(),
  actor: z.object({ kind: z.enum(["user", "plugin", "system"]), id: z.string() }),
  at: timestamp,
  data: jsonObject,
});

const sourceExtras = z.strictObject({
  utm: z.record(z.string(), z.string().max(500)).exactOptional(),
  referrer: z.string().max(2_000).exactOptional(),
  partnerId: id.exactOptional(),
});

export const inboundMessageSchema: z.ZodType<InboundMessage> = z.strictObject({
  channelAccountId: id,
  channelType: z.string().min(1).max(50),
  externalId: z.string().min(1).max(300),
  conversationExternalId: z.string().min(1).max(300),
  sender: z.strictObject({
    name: z.string().max(500),
    identities: z.array(identityClaimSchema).min(1).max(10).readonly(),
  }),
  parts: z.array(messagePartSchema).min(1).max(50).readonly(),
  replyToExternalId: z.string().max(300).exactOptional(),
  forwardedFrom: z.string().max(500).exactOptional(),
  sentAt: timestamp,
  source: sourceExtras.exactOptional(),
  sanitised: z.boolean().exactOptional(),
}) as z.ZodType<InboundMessage>;

export const inboundReceiptSchema: z.ZodType<InboundReceipt> = z.object({
  messageId: id,
  conversationId: id,
  contactId: id,
  leadId: id,
  duplicate: z.boolean(),
});

export const deliveryUpdateSchema: z.ZodType<DeliveryUpdate> = z.strictObject({
  status: z.enum(["sent", "delivered", "read", "failed"]),
  at: timestamp,
  externalId: z.string().exactOptional(),
  upToExternalId: z.string().regex(/^\d+$/).exactOptional(),
  conversationExternalId: z.string().exactOptional(),
  failure: z.string().exactOptional(),
});

const sequence = z.number().int().nonnegative();

export const loginStepSchema: z.ZodType<LoginStep> = z.discriminatedUnion("kind", [
  z.object({ sequence, kind: z.literal("working") }),
  z.object({ sequence, kind: z.literal("show-qr"), text: z.string(), expiresAt: timestamp }),
  z.object({
    sequence,
    kind: z.literal("ask"),
    fields: z.array(z.object({ name: z.string(), label: z.string(), secret: z.boolean() })).readonly(),
    problem: z.string().exactOptional(),
  }),
  z.object({ sequence, kind: z.literal("done"), externalId: z.string(), displayName: z.string() }),
  z.object({ sequence, kind: z.literal("failed"), code: z.string(), reason: z.string() }),
]);
