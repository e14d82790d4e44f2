import type { ChatMessage, ChatRecord, DeliveryStatus, MessageType } from "./chats/chat-records.ts";
import { renderFieldValues } from "./rest/custom-field-values.ts";
import type { ContactRecord, LeadRecord, UnsortedRecord } from "./world/records.ts";
import type { World } from "./world/world.ts";

/** A chat as somebody at amoCRM sees it. */
export interface ChatView {
  /** amoCRM's id. */
  readonly id: string;
  /** The integration's id; absent while only a manager wrote. */
  readonly conversationId: string | undefined;
  readonly scopeId: string;
  readonly channel: string;
  readonly sourceExternalId: string | undefined;
  readonly contactId: number | undefined;
  readonly talkId: number | undefined;
  readonly client: {
    readonly id: string;
    readonly clientId: string | undefined;
    readonly name: string;
    readonly phone: string;
  };
  readonly messages: number;
}

/** Media of a message as somebody at amoCRM sees it. */
export interface MediaView {
  /** Where the integration said the file is, or where amoCRM serves a manager's. */
  readonly url: string;
  readonly fileName: string;
  readonly fileSize: number;
  /** `failed`: amoCRM could not download it, for the reason in `error`. */
  readonly state: "pending" | "stored" | "failed";
  readonly content: Uint8Array | undefined;
  readonly contentType: string;
  readonly error: string | undefined;
  readonly groupId: string | undefined;
}

/** A message as somebody at amoCRM sees it. */
export interface MessageView {
  /** amoCRM's id. */
  readonly id: string;
  /** The integration's id. */
  readonly msgid: string | undefined;
  readonly chatId: string;
  readonly conversationId: string | undefined;
  /** `in`: from the client. */
  readonly direction: "in" | "out";
  readonly author: { readonly kind: "client" | "manager" | "bot"; readonly id: string; readonly name: string };
  readonly type: MessageType;
  readonly text: string;
  readonly media: MediaView | undefined;
  /** amoCRM's id of the message it answers. */
  readonly replyTo: string | undefined;
  /** Absent until the integration tells. The last word counts, also when it contradicts an earlier one. */
  readonly deliveryStatus: DeliveryStatus | undefined;
  readonly deliveryError: { readonly code: number; readonly text: string } | undefined;
  /** Every status told, in order. */
  readonly statusHistory: readonly DeliveryStatus[];
  /** When it was written, in milliseconds, as its sender said: what chats are ordered by. */
  readonly writtenAt: number;
  /** When amoCRM got it, in milliseconds. */
  readonly receivedAt: number;
  /** Order of arrival at amoCRM. */
  readonly sequence: number;
  readonly edited: boolean;
}

/** A contact as somebody at amoCRM sees it. */
export interface ContactView {
  readonly id: number;
  readonly name: string;
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  /** REST's `custom_fields_values`. */
  readonly fields: unknown;
  readonly tags: readonly string[];
  readonly leadIds: readonly number[];
  /** Whether it waits in the unsorted column with its request. */
  readonly isUnsorted: boolean;
  readonly updatedAt: number;
}

/** A lead as somebody at amoCRM sees it. */
export interface LeadView {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly statusId: number;
  readonly pipelineId: number;
  readonly responsibleUserId: number;
  readonly contactIds: readonly number[];
  readonly sourceExternalId: string | undefined;
  /** REST's `custom_fields_values`. */
  readonly fields: unknown;
  readonly tags: readonly string[];
  /** Whether it waits in the unsorted column. */
  readonly isUnsorted: boolean;
  readonly updatedAt: number;
}

/** An unsorted request as somebody at amoCRM sees it. */
export interface UnsortedView {
  readonly uid: string;
  readonly chatId: string;
  readonly leadId: number;
  readonly contactId: number;
  readonly lastMessageText: string;
}

/** Shows a chat. */
export function viewChat(chat: ChatRecord): ChatView {
  const { id, clientId, name, phone } = chat.client;
  return {
    id: chat.id,
    conversationId: chat.clientId,
    scopeId: chat.scope.scopeId,
    channel: chat.scope.channel.name,
    sourceExternalId: chat.sourceExternalId,
    contactId: chat.contactId,
    talkId: chat.talkId,
    client: { id, clientId, name, phone },
    messages: chat.messages.length,
  };
}

/** Shows a message. */
export function viewMessage(message: ChatMessage): MessageView {
  const { media, author, chat } = message;
  return {
    id: message.id,
    msgid: message.clientId,
    chatId: chat.id,
    conversationId: chat.clientId,
    direction: message.direction,
    author: { kind: author.kind, id: author.id, name: author.name },
    type: message.type,
    text: message.text,
    media: media === undefined ? undefined : { ...media },
    replyTo: message.replyTo?.id,
    deliveryStatus: message.deliveryStatus,
    deliveryError: message.deliveryError,
    statusHistory: [...message.statusHistory],
    writtenAt: message.msecTimestamp,
    receivedAt: message.receivedAt,
    sequence: message.sequence,
    edited: message.editedAt !== undefined,
  };
}

/** Shows a contact. */
export function viewContact(world: World, contact: ContactRecord): ContactView {
  const valuesOf = (code: string): string[] => {
    const field = world.field("contacts", { code });
    return (field === undefined ? [] : (contact.fields.get(field.id) ?? [])).map(({ value }) => String(value));
  };
  return {
    id: contact.id,
    name: contact.name,
    phones: valuesOf("PHONE"),
    emails: valuesOf("EMAIL"),
    fields: renderFieldValues(world, contact),
    tags: contact.tags.map(({ name }) => name),
    leadIds: world
      .leadsOf(contact.id)
      .filter((lead) => !lead.isDeleted)
      .map(({ id }) => id),
    isUnsorted: contact.unsortedUid !== undefined,
    updatedAt: contact.updatedAt,
  };
}

/** Shows a lead. */
export function viewLead(world: World, lead: LeadRecord): LeadView {
  return {
    id: lead.id,
    name: lead.name,
    price: lead.price ?? 0,
    statusId: lead.statusId,
    pipelineId: lead.pipelineId,
    responsibleUserId: lead.responsibleUserId,
    contactIds: lead.contacts.map(({ id }) => id),
    sourceExternalId: lead.sourceId === undefined ? undefined : world.sources.get(lead.sourceId)?.externalId,
    fields: renderFieldValues(world, lead),
    tags: lead.tags.map(({ name }) => name),
    isUnsorted: lead.unsortedUid !== undefined,
    updatedAt: lead.updatedAt,
  };
}

/** Shows an unsorted request. */
export function viewUnsorted({ uid, chatId, leadId, contactId, lastMessageText }: UnsortedRecord): UnsortedView {
  return { uid, chatId, leadId, contactId, lastMessageText };
}
