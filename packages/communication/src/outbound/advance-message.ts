import { type DeliveryStatus, type Message, MessageStatusChanged, advanceDelivery } from "@crmessenger/kernel/communication";
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
export async function advanceMessage(services: CommunicationServices, message: Message, reports: readonly StatusReport[], externalId = message.externalId): Promise<boolean> {
  let next: Message = { ...message, externalId };
  for (const report of reports) {
    const status = advanceDelivery(next.status, report.status);
    if (status === next.status) continue;
    next = { ...next, status, statusAt: report.at, failure: status === "failed" ? (report.failure ?? "The channel gave no reason.") : null };
  }
  if (next.status === message.status && externalId === message.externalId) return false;
  await services.messages.update(next);
  if (next.status === message.status) return true;
  await services.events.dispatch(
    MessageStatusChanged,
    { type: "conversation", id: message.conversationId },
    { messageId: message.id, conversationId: message.conversationId, origin: message.origin, status: next.status, previousStatus: message.status, failure: next.failure },
  );
  return true;
}
