import {
  type DeliveryStatus,
  type Message,
  MessageStatusChanged,
  advanceDelivery,
} from "@crmessenger/kernel/communication";
import type { CommunicationServices } from "../services.ts";

export interface StatusReport {
  readonly status: DeliveryStatus;
  readonly at: string;
  readonly failure?: string | null;
}

/**
 * Moves a message along the lattice with everything that was reported, in one update and one event. Answers whether
 * anything changed. Belongs into a unit of work that holds the message.
 */
export async function advanceMessage(
  services: CommunicationServices,
  message: Message,
  reports: readonly StatusReport[],
  externalId = message.externalId,
): Promise<boolean> {
  let next: Message = { ...message, externalId };
  for (const { status: reported, at, failure } of reports) {
    const status = advanceDelivery(next.status, reported);
    if (status === next.status) continue;
    const why = status === "failed" ? (failure ?? "The channel gave no reason.") : null;
    next = { ...next, status, statusAt: at, failure: why };
  }
  const { id: messageId, conversationId, origin, status: previousStatus } = message;
  if (next.status === previousStatus && externalId === message.externalId) return false;
  await services.messages.update(next);
  if (next.status === previousStatus) return true;
  const { status, failure } = next;
  await services.events.dispatch(
    MessageStatusChanged,
    { type: "conversation", id: conversationId },
    { messageId, conversationId, origin, status, previousStatus, failure },
  );
  return true;
}
