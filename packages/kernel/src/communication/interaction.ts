import type { EntityRef } from "../infrastructure/entity-ref.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { Conversation } from "./conversation.ts";
import type { Direction, Message } from "./message.ts";

/** That we were in touch, tied to what it was about. A chat message, a call and a mail are the same here. */
export interface Interaction {
  readonly messageId: string;
  readonly conversationId: string;
  readonly channelType: string;
  readonly direction: Direction;
  readonly contactId: string;
  /** The lead that the conversation works on; null when there is none. */
  readonly about: EntityRef | null;
  readonly at: Timestamp;
}

/** The interaction that a message is. */
export function interactionOf(message: Message, conversation: Conversation): Interaction {
  return {
    messageId: message.id,
    conversationId: conversation.id,
    channelType: conversation.channelType,
    direction: message.direction,
    contactId: conversation.contactId,
    about: conversation.leadId === null ? null : { type: "lead", id: conversation.leadId },
    at: message.sentAt,
  };
}
