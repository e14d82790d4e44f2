import { toCrmError } from "@crmessenger/kernel";
import type { Message } from "@crmessenger/kernel/communication";
import { and, where } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { DrainConversation } from "./drain-job.ts";

const LIMIT = 500;

/** The account connected: conversations with queued messages need not wait for the end of their pause. */
export async function wakeWaiting(services: CommunicationServices, accountId: string): Promise<void> {
  try {
    const queued = await services.messages.find(
      and(where<Message>("channelAccountId").eq(accountId), where<Message>("status").eq("queued"), where<Message>("direction").eq("outbound")),
      { limit: LIMIT },
    );
    const conversations = new Set(queued.items.map(({ conversationId }) => conversationId));
    for (const conversationId of conversations) await services.jobs.enqueue(DrainConversation, { conversationId, failures: 0 }, { key: conversationId });
  } catch (error) {
    services.logger.warn(`What waited for channel account ${accountId} could not be woken and goes out after its pause: ${toCrmError(error).message}`);
  }
}
