import { toCrmError } from "@crmessenger/kernel";
import { type Channel, type Conversation, type Message, type MessagePart, type SendResult } from "@crmessenger/kernel/communication";
import { type Criteria, and, where } from "@crmessenger/kernel/infrastructure";
import type { JobRun } from "@crmessenger/kernel/infrastructure";
import type { ChannelRunner } from "../channels/channel-runner.ts";
import { type CommunicationServices, timestampOf } from "../services.ts";
import { advanceMessage } from "./advance-message.ts";
import { DrainConversation } from "./drain-job.ts";
import type { EarlyReports } from "./early-reports.ts";
import { planOutbound } from "./plan-outbound.ts";

const NOT_CONNECTED_MS = 1_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
const BATCH = 50;

export interface DrainParts {
  readonly services: CommunicationServices;
  readonly runner: ChannelRunner;
  readonly early: EarlyReports;
}

/** Why the conversation has to wait. */
interface Pause {
  readonly afterMs: number;
  readonly failures: number;
}

/**
 * Sends the queued messages of one conversation in order. A deferral holds up this conversation and no other. An
 * attempt whose outcome is unknown is repeated with the same key, which the provider dedupes on, for as long as it takes.
 */
export function drainConversation(parts: DrainParts) {
  return async ({ data, signal }: JobRun<{ conversationId: string; failures: number }>): Promise<void> => {
    const { services } = parts;
    const conversation = await services.conversations.get(data.conversationId);
    if (!conversation) return;
    const pause = await drain(parts, conversation, data.failures, signal);
    if (!pause) return;
    const runAt = new Date(services.clock.now() + pause.afterMs).toISOString();
    await services.jobs.enqueue(DrainConversation, { conversationId: conversation.id, failures: pause.failures }, { key: conversation.id, runAt });
  };
}

async function drain(parts: DrainParts, conversation: Conversation, failures: number, signal: AbortSignal): Promise<Pause | undefined> {
  for (;;) {
    const queued = await parts.services.messages.find(queuedIn(conversation.id), { limit: BATCH, sort: [{ field: "ordinal", direction: "asc" }] });
    if (queued.items.length === 0) return undefined;
    for (const message of queued.items) {
      if (signal.aborted) return { afterMs: 0, failures };
      const pause = await deliver(parts, conversation, message, failures);
      if (pause) return pause;
    }
  }
}

function queuedIn(conversationId: string): Criteria {
  return and(where<Message>("conversationId").eq(conversationId), where<Message>("status").eq("queued"), where<Message>("direction").eq("outbound"));
}

async function deliver(parts: DrainParts, conversation: Conversation, message: Message, failures: number): Promise<Pause | undefined> {
  const channel = parts.runner.channel(conversation.channelAccountId);
  if (!channel) return { afterMs: NOT_CONNECTED_MS, failures: 0 };
  try {
    const result = await send(parts.services, channel, conversation, message);
    if (result.outcome === "deferred") return { afterMs: Math.max(result.retryAfterMs, 1), failures: 0 };
    await settle(parts, conversation, message, result);
    return undefined;
  } catch (error) {
    parts.services.logger.warn(`Sending message ${message.id} ended without a known outcome and will be repeated: ${toCrmError(error).message}`, { conversation: conversation.id });
    return { afterMs: Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures), failures: failures + 1 };
  }
}

/** All pieces of the message; the answer to the last one is the answer. */
async function send(services: CommunicationServices, channel: Channel, conversation: Conversation, message: Message): Promise<SendResult> {
  const { capabilities } = services.providers.provider(conversation.channelType);
  const lastInboundAt = conversation.lastInboundAt === null ? null : Date.parse(conversation.lastInboundAt);
  const plan = planOutbound(message.parts, { capabilities, now: services.clock.now(), lastInboundAt });
  if (plan.outcome === "refuse") return { outcome: "rejected", reason: plan.reason };
  const repliedTo = message.replyToId === null ? undefined : await services.messages.get(message.replyToId);
  const replyToExternalId = repliedTo?.externalId;
  let result: SendResult = { outcome: "rejected", reason: "There is nothing to send." };
  for (const [index, parts] of plan.pieces.entries()) {
    result = await channel.send(outbound(message, conversation, parts, index === 0 ? replyToExternalId : undefined), { idempotencyKey: index === 0 ? message.id : `${message.id}:${index}` });
    if (result.outcome !== "accepted") return result;
  }
  return result;
}

function outbound(message: Message, conversation: Conversation, parts: readonly MessagePart[], replyToExternalId: string | null | undefined) {
  return {
    id: message.id,
    conversationId: conversation.id,
    conversationExternalId: conversation.externalId,
    parts,
    ...(replyToExternalId ? { replyToExternalId } : {}),
  };
}

/** Stores the answer, together with whatever was reported about the message before we knew that it was accepted. */
async function settle({ services, early }: DrainParts, conversation: Conversation, message: Message, result: SendResult): Promise<void> {
  await services.unitOfWork.run(async () => {
    if (result.outcome === "accepted") await services.accounts.get(conversation.channelAccountId, { lock: true });
    const current = await services.messages.get(message.id, { lock: true });
    if (!current) return;
    if (result.outcome !== "accepted") {
      const reason = result.outcome === "rejected" ? result.reason : "";
      await advanceMessage(services, current, [{ status: "failed", at: timestampOf(services.clock), failure: reason }]);
      return;
    }
    const kept = await early.take(conversation.channelAccountId, result.externalId);
    const marks = await early.marksOver(conversation.channelAccountId, conversation.externalId, result.externalId);
    const accepted = { status: result.status ?? ("sent" as const), at: result.at };
    await advanceMessage(services, current, [accepted, ...(kept ? [kept] : []), ...marks], result.externalId);
  });
}
