import { isCrmError } from "@crmessenger/kernel";
import type { Conversation, Message, SendResult } from "@crmessenger/kernel/communication";
import { type CommunicationServices, timestampOf } from "../services.ts";
import { advanceMessage } from "./advance-message.ts";
import type { EarlyReports } from "./early-reports.ts";

export interface SettleParts {
  readonly services: CommunicationServices;
  readonly early: EarlyReports;
  readonly conversation: Conversation;
  readonly message: Message;
}

type Accepted = Extract<SendResult, { outcome: "accepted" }>;
type Rejected = Extract<SendResult, { outcome: "rejected" }>;

/** Stores what the channel answered, together with whatever was reported about the message before. */
export async function settleMessage(parts: SettleParts, answer: Accepted | Rejected): Promise<void> {
  if (answer.outcome === "rejected") return storeRejection(parts, answer);
  try {
    await storeAcceptance(parts, answer, answer.externalId);
  } catch (error) {
    if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) throw error;
    const { services, message } = parts;
    const what = `Message ${message.id} was accepted under the id of another one, ${answer.externalId}`;
    services.logger.error(`${what}: it counts as sent, and what is reported about it can't be told from the other.`);
    await storeAcceptance(parts, answer, null);
  }
}

async function storeRejection({ services, message }: SettleParts, { reason }: Rejected): Promise<void> {
  await services.unitOfWork.run(async () => {
    const current = await services.messages.get(message.id, { lock: true });
    const failed = { status: "failed", at: timestampOf(services.clock), failure: reason } as const;
    if (current) await advanceMessage(services, current, [failed]);
  });
}

async function storeAcceptance(
  parts: SettleParts,
  { status = "sent", at }: Accepted,
  externalId: string | null,
): Promise<void> {
  const { services, early, conversation, message } = parts;
  const { channelAccountId, externalId: chat } = conversation;
  await services.unitOfWork.run(async () => {
    await services.accounts.get(channelAccountId, { lock: true });
    const current = await services.messages.get(message.id, { lock: true });
    if (!current) return;
    const reports = externalId === null ? [] : await early.take(channelAccountId, chat, externalId);
    await advanceMessage(services, current, [{ status, at }, ...reports], externalId);
  });
}
