import { z } from "zod";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import { pageOf, pageRequestFields } from "../infrastructure/page-schema.ts";
import { id, jsonObject } from "../schema.ts";
import {
  activitySchema,
  channelAccountSchema,
  conversationSchema,
  deliveryUpdateSchema,
  inboundMessageSchema,
  inboundReceiptSchema,
  loginStepSchema,
  messagePartSchema,
  messageSchema,
} from "./schemas.ts";

const byId = z.object({ id });
const nothing = z.object({});

/** A channel hands over a message. Committed when it answers; a repeated external id is a duplicate without effect. */
export const ReceiveMessage = defineCommand({
  name: "communication.message.receive",
  description: "Accepts an inbound message from a channel.",
  input: inboundMessageSchema,
  output: inboundReceiptSchema,
  permission: "communication.message.receive",
  http: null,
});

/** A channel reports how far outbound messages came. A report about a message that is not known yet is kept for it. */
export const ReportDelivery = defineCommand({
  name: "communication.message.report-delivery",
  description: "Records delivery statuses from a channel.",
  input: z.object({ channelAccountId: id, updates: z.array(deliveryUpdateSchema).min(1).max(500) }),
  output: z.object({ changed: z.number().int() }),
  permission: "communication.message.receive",
  http: null,
});

export const SendMessage = defineCommand({
  name: "communication.message.send",
  description:
    "Queues a message to the contact of a conversation; it is sent in order, and its status changes as the channel reports.",
  input: z.object({
    conversationId: id,
    parts: z.array(messagePartSchema).min(1).max(10).readonly(),
    replyToId: id.nullable().default(null),
    origin: z
      .object({ system: z.string().min(1).max(50), id: z.string().min(1).max(200) })
      .nullable()
      .default(null),
    /** Who wrote it, when that is not who calls: a manager in another system. */
    authorName: z.string().max(200).exactOptional(),
  }),
  output: messageSchema,
  permission: "communication.message.send",
  http: { method: "POST", path: "/conversations/:conversationId/messages", status: 202 },
});

export const GetMessage = defineQuery({
  name: "communication.message.get",
  description: "One message.",
  input: byId,
  output: messageSchema,
  permission: "communication.conversation.read",
  http: { method: "GET", path: "/messages/:id" },
});

export const ListMessages = defineQuery({
  name: "communication.message.list",
  description: "The messages of a conversation in order.",
  input: z.object({ conversationId: id, ...pageRequestFields }),
  output: pageOf(messageSchema),
  permission: "communication.conversation.read",
  http: { method: "GET", path: "/conversations/:conversationId/messages" },
});

export const GetConversation = defineQuery({
  name: "communication.conversation.get",
  description: "One conversation.",
  input: byId,
  output: conversationSchema,
  permission: "communication.conversation.read",
  http: { method: "GET", path: "/conversations/:id" },
});

export const ListConversations = defineQuery({
  name: "communication.conversation.list",
  description: "Conversations that match, the most recently active first.",
  input: z.object({ ...pageRequestFields, criteria: criteriaSchema.exactOptional() }),
  output: pageOf(conversationSchema),
  permission: "communication.conversation.read",
  http: { method: "GET", path: "/conversations" },
});

export const GetTimeline = defineQuery({
  name: "communication.timeline.get",
  description: "What happened around a contact, newest first.",
  input: z.object({ contactId: id, ...pageRequestFields }),
  output: pageOf(activitySchema),
  permission: "sales.contact.read",
  http: { method: "GET", path: "/contacts/:contactId/timeline" },
});

export const CreateChannelAccount = defineCommand({
  name: "communication.channel.create",
  description: "Adds an account on a channel. Channels with a login begin as needs-login.",
  input: z.object({
    type: z.string().min(1),
    name: z.string().min(1).max(200),
    settings: jsonObject.default({}),
    enabled: z.boolean().default(true),
  }),
  output: channelAccountSchema,
  permission: "communication.channel.manage",
  http: { method: "POST", path: "/channels", status: 201 },
});

export const UpdateChannelAccount = defineCommand({
  name: "communication.channel.update",
  description: "Renames, reconfigures, connects or disconnects an account.",
  input: z.object({
    id,
    name: z.string().min(1).max(200).exactOptional(),
    settings: jsonObject.exactOptional(),
    enabled: z.boolean().exactOptional(),
  }),
  output: channelAccountSchema,
  permission: "communication.channel.manage",
  http: { method: "PATCH", path: "/channels/:id" },
});

export const GetChannelAccount = defineQuery({
  name: "communication.channel.get",
  description: "One account with its state.",
  input: byId,
  output: channelAccountSchema,
  permission: "communication.channel.read",
  http: { method: "GET", path: "/channels/:id" },
});

export const ListChannelAccounts = defineQuery({
  name: "communication.channel.list",
  description: "The accounts on all channels.",
  input: z.object({ ...pageRequestFields }),
  output: pageOf(channelAccountSchema),
  permission: "communication.channel.read",
  http: { method: "GET", path: "/channels" },
});

export const BeginLogin = defineCommand({
  name: "communication.channel.begin-login",
  description:
    "Begins to log an account in; a login that is under way is cancelled. Without a method the channel's preferred one is taken.",
  input: z.object({ id, method: z.string().min(1).exactOptional() }),
  output: loginStepSchema,
  secrets: ["text"], // of a QR code: whoever shows it to a phone has the account
  permission: "communication.channel.manage",
  http: { method: "POST", path: "/channels/:id/login" },
});

export const AwaitLoginStep = defineQuery({
  name: "communication.channel.await-login-step",
  description:
    "The login's current step if it comes after `after`, otherwise the next one; waits up to 25 seconds, then answers the current one.",
  input: z.object({ id, after: z.coerce.number().int().nonnegative().default(0) }),
  output: loginStepSchema,
  secrets: ["text"], // of a QR code: whoever shows it to a phone has the account
  permission: "communication.channel.manage",
  http: { method: "GET", path: "/channels/:id/login" },
});

export const SubmitLogin = defineCommand({
  name: "communication.channel.submit-login",
  description: "Answers what the login asks for.",
  input: z.object({ id, values: z.record(z.string(), z.string().max(1_000)) }),
  secrets: ["values"],
  output: nothing,
  permission: "communication.channel.manage",
  http: { method: "POST", path: "/channels/:id/login/answer" },
});

export const CancelLogin = defineCommand({
  name: "communication.channel.cancel-login",
  description: "Ends a login that is under way.",
  input: byId,
  output: nothing,
  permission: "communication.channel.manage",
  http: { method: "DELETE", path: "/channels/:id/login" },
});

export const Logout = defineCommand({
  name: "communication.channel.logout",
  description: "Logs an account out at its provider and forgets its secrets.",
  input: byId,
  output: nothing,
  permission: "communication.channel.manage",
  http: { method: "POST", path: "/channels/:id/logout" },
});
