import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { id } from "../schema.ts";
import { channelStateSchema, conversationSchema, messageSchema } from "./schemas.ts";

const status = z.enum(["queued", "sent", "delivered", "read", "failed"]);

/** A conversation exists. Aggregate: `conversation`. */
export const ConversationOpened = defineEvent("conversation.opened", {
  1: z.object({ conversation: conversationSchema }),
});
/** A contact wrote. Aggregate: `conversation`. */
export const MessageReceived = defineEvent("message.received", {
  1: z.object({ message: messageSchema, contactId: id, leadId: id.nullable(), channelType: z.string() }),
});
/** We are about to send. Aggregate: `conversation`. */
export const MessageQueued = defineEvent("message.queued", {
  1: z.object({ message: messageSchema, contactId: id, leadId: id.nullable(), channelType: z.string() }),
});
/** An outbound message came further, or failed. Aggregate: `conversation`. */
export const MessageStatusChanged = defineEvent("message.status-changed", {
  1: z.object({
    messageId: id,
    conversationId: id,
    origin: z.object({ system: z.string(), id: z.string() }).nullable(),
    status,
    previousStatus: status,
    failure: z.string().nullable(),
  }),
});
/** An account connected, lost its connection or needs somebody. Aggregate: `channel-account`. */
export const ChannelStateChanged = defineEvent("channel-account.state-changed", {
  1: z.object({ channelAccountId: id, type: z.string(), state: channelStateSchema, previous: channelStateSchema }),
});
