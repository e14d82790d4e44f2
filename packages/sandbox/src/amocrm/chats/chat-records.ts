/** Kinds of message content the chats API knows. */
export const MESSAGE_TYPES = [
  "text",
  "contact",
  "file",
  "video",
  "picture",
  "voice",
  "audio",
  "sticker",
  "location",
] as const;

/** A kind of message content. */
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** A channel registered with amoCRM's support. */
export interface ChannelRecord {
  readonly channelId: string;
  readonly secret: string;
  readonly code: string;
  readonly name: string;
  /** Where hooks go; `:scope_id` in it is replaced. */
  readonly webhookUrl: string;
  /** The integration that may bind this channel's chats to contacts; any may when it is absent. */
  readonly clientUuid: string | undefined;
  /** Whom messages come from that no manager is named for. */
  readonly bot: { readonly id: string; readonly clientId: string };
}

/** A channel connected to the account. */
export interface ScopeRecord {
  readonly scopeId: string;
  readonly channel: ChannelRecord;
  title: string;
  hookVersion: string;
  isTimeWindowDisabled: boolean;
  connected: boolean;
}

/** The client of a chat. */
export interface ChatClient {
  readonly id: string;
  /** The client's id at the integration; absent while only amoCRM wrote. */
  clientId: string | undefined;
  name: string;
  phone: string;
  email: string;
  avatar: string;
  profileLink: string;
}

/** Media of a message. */
export interface ChatMedia {
  /** Where amoCRM was told to take it from, or where it serves a manager's file. */
  readonly url: string;
  readonly fileName: string;
  readonly fileSize: number;
  /** Whether amoCRM holds the bytes. */
  state: "pending" | "stored" | "failed";
  content: Uint8Array | undefined;
  contentType: string;
  error: string | undefined;
  /** Path under which the sandbox serves the bytes. */
  readonly path: string;
  readonly groupId: string | undefined;
}

/** Who wrote a message. */
export type MessageAuthor =
  | { readonly kind: "client"; readonly id: string; readonly name: string }
  | {
      readonly kind: "manager" | "bot";
      readonly id: string;
      readonly clientId: string | undefined;
      readonly name: string;
    };

/** What became of an outgoing message; nothing is known of it before the integration tells. */
export type DeliveryStatus = "delivered" | "read" | "failed";

/** A message of a chat. */
export interface ChatMessage {
  readonly id: string;
  readonly chat: ChatRecord;
  /** The integration's id of it. */
  clientId: string | undefined;
  readonly direction: "in" | "out";
  readonly author: MessageAuthor;
  type: MessageType;
  text: string;
  media: ChatMedia | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  replyTo: ChatMessage | undefined;
  readonly silent: boolean;
  readonly msecTimestamp: number;
  /** When amoCRM got it, in milliseconds. */
  readonly receivedAt: number;
  /** Order of arrival over the whole account. */
  readonly sequence: number;
  deliveryStatus: DeliveryStatus | undefined;
  deliveryError: { readonly code: number; readonly text: string } | undefined;
  readonly statusHistory: DeliveryStatus[];
  readonly reactions: Map<string, string>;
  editedAt: number | undefined;
}

/** A conversation with one client over one channel. */
export interface ChatRecord {
  readonly id: string;
  readonly scope: ScopeRecord;
  /** The integration's id of it; absent for a chat that a manager began and the client has not answered. */
  clientId: string | undefined;
  readonly client: ChatClient;
  readonly createdAt: number;
  sourceExternalId: string | undefined;
  contactId: number | undefined;
  /** Id of the link between chat and contact; changes when the chat is bound anew. */
  linkId: number | undefined;
  talkId: number | undefined;
  unsortedUid: string | undefined;
  typingUntil: number;
  /** In the order they are shown: by the time they were written, then by arrival. */
  readonly messages: ChatMessage[];
}
