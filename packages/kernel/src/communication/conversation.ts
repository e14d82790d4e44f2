import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/** A thread with one contact on one channel account. */
export interface Conversation extends EntityRecord {
  readonly channelAccountId: string;
  readonly channelType: string;
  /** The provider's id of the chat. Unique per channel account. */
  readonly externalId: string;
  readonly contactId: string;
  /** The lead that this conversation works on at present. */
  readonly leadId: string | null;
  readonly ownerId: string | null;
  readonly teamId: string | null;
  /** Messages so far: the next one gets the ordinal after it. */
  readonly messageCount: number;
  readonly lastMessageAt: Timestamp;
  /** When the contact last wrote: reply windows count from here. */
  readonly lastInboundAt: Timestamp | null;
}

export interface ConversationRepository extends Repository<Conversation> {}

export const ConversationRepository = contract<ConversationRepository>("communication.conversation-repository", 1);
