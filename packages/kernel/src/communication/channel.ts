import { contract } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { z } from "zod";
import type { ChannelAccount } from "./channel-account.ts";
import type { DeliveryStatus } from "./delivery-status.ts";
import type { InboundMessage, InboundReceipt } from "./inbound-message.ts";
import type { LoginFlow } from "./login-flow.ts";
import type { MediaKind, MessagePart } from "./message-part.ts";

/** The condition of a channel account, with the reason a person can act on. */
export interface ChannelState {
  readonly status: "stopped" | "connecting" | "connected" | "degraded" | "needs-login" | "blocked";
  /** A sentence; empty when there is nothing to say. */
  readonly reason: string;
}

/** What a channel can do, with its limits. What is not named it can't. */
export interface ChannelCapabilities {
  /** Characters (UTF-16 code units, as providers count) of one text; longer texts are split. */
  readonly maxTextLength: number;
  /** Characters of the text that goes with media; longer ones become a message of their own. */
  readonly maxCaptionLength: number;
  /** Bytes by kind; a kind that is missing can't be sent. */
  readonly media: Readonly<Partial<Record<MediaKind, { readonly maxBytes: number }>>>;
  readonly replies: boolean;
  readonly deliveryReceipts: boolean;
  readonly readReceipts: boolean;
  /** Whether it can write first. */
  readonly writeFirst: boolean;
  /** Milliseconds after the contact's last message in which free text is allowed; absent: always. */
  readonly replyWindowMs?: number;
}

/** A message on its way out: one text, or one media with an optional text, within the channel's limits. */
export interface OutboundMessage {
  /** Ours: the same for every attempt. */
  readonly id: string;
  readonly conversationId: string;
  /** The provider's id of the chat. */
  readonly conversationExternalId: string;
  readonly parts: readonly MessagePart[];
  /** The provider's id of the message it answers. */
  readonly replyToExternalId?: string;
}

/** What became of an attempt to send. A throw means the outcome is unknown: the attempt is repeated with the same key. */
export type SendResult =
  | {
      readonly outcome: "accepted";
      readonly externalId: string;
      readonly at: Timestamp;
      readonly status?: "sent" | "delivered" | "read";
    }
  | { readonly outcome: "deferred"; readonly retryAfterMs: number; readonly reason: string }
  | { readonly outcome: "rejected"; readonly reason: string };

/** A connected account. */
export interface Channel {
  /**
   * Resolves when connected, or when it is known that it can't be (the state says why). Runs until `disconnect`,
   * reconnecting by itself; the kernel's lease guarantees that nobody else runs this account.
   */
  connect(): Promise<void>;
  /** Resolves when nothing more will be received or reported. */
  disconnect(): Promise<void>;
  /**
   * Hands the message to the provider. `idempotencyKey` is the same for every attempt of one message and is what
   * the provider dedupes on: a repeated key never reaches the customer twice.
   */
  send(message: OutboundMessage, options: { readonly idempotencyKey: string }): Promise<SendResult>;
  state(): ChannelState;
}

/** A delivery report. Either one message by its external id, or everything outbound in a chat up to an external id. */
export interface DeliveryUpdate {
  readonly status: Exclude<DeliveryStatus, "queued">;
  readonly at: Timestamp;
  /** The id the message was accepted under. */
  readonly externalId?: string;
  /** With `conversationExternalId`: all outbound messages whose external id is a number not above this one. */
  readonly upToExternalId?: string;
  readonly conversationExternalId?: string;
  readonly failure?: string;
}

/** What a channel reports to. Each call resolves only once the report is committed, and is safe to repeat. */
export interface ChannelHost {
  readonly account: ChannelAccount;
  /** Aborts when this process must let go of the account. */
  readonly signal: AbortSignal;
  /** Rises with every process that took over the account. */
  readonly fencingToken: number;
  readonly logger: Logger;
  /** A repeated external id is answered as a duplicate and has no effect. */
  receive(message: InboundMessage): Promise<InboundReceipt>;
  report(updates: readonly DeliveryUpdate[]): Promise<void>;
  /** Not awaited by channels: the latest state wins. */
  changeState(state: ChannelState): void;
  /** Stores the provider's id of the account after a login. */
  identify(externalId: string): Promise<void>;
}

/** One kind of channel: what a channel plugin registers. Called CommunicationProvider in other systems. */
export interface ChannelProvider {
  /** The channel type, such as `telegram`. */
  readonly type: string;
  readonly capabilities: ChannelCapabilities;
  /** What `ChannelAccount.settings` holds. */
  readonly settings: z.ZodType<JsonObject>;
  /** Names of the ways to log in, the preferred one first; empty for channels without a login. */
  readonly loginMethods: readonly string[];
  /** Makes a channel for the account; does not connect. */
  open(host: ChannelHost): Channel;
  /** Begins a login; `CRM_CHANNEL_LOGIN_METHOD` (422) for an unknown method. The account is not connected meanwhile. */
  login(host: ChannelHost, method: string): Promise<LoginFlow>;
  /** Logs the account out at the provider where possible and forgets its secrets. */
  logout(host: ChannelHost): Promise<void>;
}

/** The channel kinds of the application. Called ProviderRegistry in other systems. */
export interface ChannelRegistry {
  /**
   * Called while booting; providers of one type by two plugins are `CRM_CHANNEL_DUPLICATE_TYPE`. It ends with the plugin:
   * before the plugin's `stop`, its accounts are disconnected and the type is forgotten.
   */
  register(provider: ChannelProvider): void;
  /** `CRM_CHANNEL_UNKNOWN_TYPE` (422) names the types there are. */
  provider(type: string): ChannelProvider;
  types(): readonly string[];
}

export const ChannelRegistry = contract<ChannelRegistry>("communication.channel-registry", 1, {
  register: "tell",
  provider: "absent",
  types: "wait",
});
