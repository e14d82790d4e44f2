import { guardPoint, transformPoint } from "../hooks/hook-point.ts";
import type { NewRecord } from "../infrastructure/repository.ts";
import type { Conversation } from "./conversation.ts";
import type { InboundMessage } from "./inbound-message.ts";
import type { Message } from "./message.ts";

/** A message that is about to be queued. */
export interface OutboundDraft {
  readonly message: NewRecord<Message>;
  readonly conversation: Conversation;
}

export const CommunicationHooks = Object.freeze({
  /**
   * A message arrived and is not stored yet. Runs once per arrival, before it joins the group that commits it, so it
   * has no effects of its own. A deny refuses the message: the channel is told, nothing is stored.
   */
  inboundGuard: guardPoint<InboundMessage>("communication.inbound-guard"),
  /** As the guard, after it: text and source can change here; ids can't. A throw refuses the message. */
  inboundDraft: transformPoint<InboundMessage>("communication.inbound-draft"),
  /** A message is about to be queued, on whatever path it came. Runs in the unit of work of the sending; a deny refuses it. */
  outboundGuard: guardPoint<OutboundDraft>("communication.outbound-guard"),
  /** As the guard, after it: parts can change here. A throw aborts the sending. */
  outboundDraft: transformPoint<OutboundDraft>("communication.outbound-draft"),
});
