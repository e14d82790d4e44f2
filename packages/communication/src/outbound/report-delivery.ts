import { type DeliveryUpdate, type Message, ReportDelivery } from "@crmessenger/kernel/communication";
import { and, where } from "@crmessenger/kernel/infrastructure";
import { handle } from "@crmessenger/kernel";
import type { Conversation } from "@crmessenger/kernel/communication";
import type { CommunicationServices } from "../services.ts";
import { advanceMessage } from "./advance-message.ts";
import type { EarlyReports } from "./early-reports.ts";

const BATCH = 500;

/**
 * Records what a channel says about outbound messages. Reports and acceptances of one account lock its row, so that
 * a report can't slip between the look for its message and the message's getting its external id.
 */
export function reportDelivery(services: CommunicationServices, early: EarlyReports) {
  return handle(ReportDelivery, async ({ channelAccountId, updates }) => {
    await services.accounts.get(channelAccountId, { lock: true });
    let changed = 0;
    for (const update of updates) changed += await record(services, early, channelAccountId, update);
    return { changed };
  });
}

async function record(services: CommunicationServices, early: EarlyReports, accountId: string, update: DeliveryUpdate): Promise<number> {
  if (update.upToExternalId !== undefined && update.conversationExternalId !== undefined) {
    await early.mark(accountId, update.conversationExternalId, { status: update.status, at: update.at, upTo: update.upToExternalId });
    return advanceAll(services, await coveredMessages(services, accountId, update.conversationExternalId, BigInt(update.upToExternalId)), update);
  }
  const message = await findMessage(services, accountId, update);
  if (message) return advanceAll(services, [message], update);
  if (update.externalId !== undefined) await early.keep(accountId, update.externalId, update);
  return 0;
}

async function findMessage(services: CommunicationServices, accountId: string, update: DeliveryUpdate): Promise<Message | undefined> {
  if (update.messageId !== undefined) return services.messages.get(update.messageId, { lock: true });
  if (update.externalId === undefined) return undefined;
  const found = await services.messages.find(
    and(where<Message>("channelAccountId").eq(accountId), where<Message>("externalId").eq(update.externalId), where<Message>("direction").eq("outbound")),
    { limit: 1 },
  );
  const [message] = found.items;
  return message && services.messages.get(message.id, { lock: true });
}

async function coveredMessages(services: CommunicationServices, accountId: string, conversationExternalId: string, upTo: bigint): Promise<readonly Message[]> {
  const conversations = await services.conversations.find(and(where<Conversation>("channelAccountId").eq(accountId), where<Conversation>("externalId").eq(conversationExternalId)), { limit: 1 });
  const [conversation] = conversations.items;
  if (!conversation) return [];
  const open = await services.messages.find(
    and(where<Message>("conversationId").eq(conversation.id), where<Message>("direction").eq("outbound"), where<Message>("status").in(["sent", "delivered"])),
    { limit: BATCH, sort: [{ field: "ordinal", direction: "asc" }] },
  );
  const covered = open.items.filter(({ externalId }) => externalId !== null && /^\d+$/.test(externalId) && BigInt(externalId) <= upTo);
  const locked = await Promise.all(covered.map(({ id }) => services.messages.get(id, { lock: true })));
  return locked.filter((message) => message !== undefined);
}

async function advanceAll(services: CommunicationServices, messages: readonly Message[], update: DeliveryUpdate): Promise<number> {
  let changed = 0;
  for (const message of messages) {
    const report = { status: update.status, at: update.at, failure: update.failure ?? null };
    if (await advanceMessage(services, message, [report])) changed += 1;
  }
  return changed;
}
