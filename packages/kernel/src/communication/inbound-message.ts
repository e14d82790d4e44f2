import type { Timestamp } from "../infrastructure/json.ts";
import type { IdentityClaim } from "../sales/channel-identity.ts";
import type { LeadSource } from "../sales/lead-source.ts";
import type { MessagePart } from "./message-part.ts";

/** A message as a channel received it. Media are already in Storage. */
export interface InboundMessage {
  readonly channelAccountId: string;
  readonly channelType: string;
  /** The provider's id: the same message never has two, two messages of an account never share one. */
  readonly externalId: string;
  readonly conversationExternalId: string;
  readonly sender: {
    readonly name: string;
    /** At least one; the first is the provider's own id for the person. */
    readonly identities: readonly IdentityClaim[];
  };
  readonly parts: readonly MessagePart[];
  readonly replyToExternalId?: string;
  readonly forwardedFrom?: string;
  readonly sentAt: Timestamp;
  /** Known beyond the channel itself, such as UTM of a click-to-chat link. */
  readonly source?: Omit<LeadSource, "channel" | "channelAccountId">;
  /** Set by the channel when it had to replace characters; see `sanitiseText`. */
  readonly sanitised?: boolean;
}

/** What became of it. */
export interface InboundReceipt {
  readonly messageId: string;
  readonly conversationId: string;
  readonly contactId: string;
  readonly leadId: string;
  /** It had been received before; nothing happened this time. */
  readonly duplicate: boolean;
}
