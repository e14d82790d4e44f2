import { CrmError, isCrmError, toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  Conversation,
  Message,
  MessagePart,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import { type Criteria, type JobDefinition, type JobRun, and, where } from "@crmessenger/kernel/infrastructure";
import { type CommunicationServices, timestampOf } from "../services.ts";
import type { DrainData } from "./drain-job.ts";
import type { EarlyReports } from "./early-reports.ts";
import { inTime } from "./in-time.ts";
import { planOutbound } from "./plan-outbound.ts";
import { settleMessage } from "./settle-message.ts";

/** A connection wakes what waits for it; this is for the case that the wake-up call is lost. */
const NOT_CONNECTED_MS = 60_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** Channels that ask for more are asked again meanwhile: they know whether it still holds. */
const MAX_PAUSE_MS = 3_600_000;
/** After so many messages others get their turn. */
const BATCH = 50;

export interface DrainParts {
  readonly services: CommunicationServices;
  readonly early: EarlyReports;
  readonly channel: Channel;
  readonly job: JobDefinition<DrainData>;
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
export async function drainConversation(parts: DrainParts, { data, signal }: JobRun<DrainData>): Promise<void> {
  const { services, job } = parts;
  const { conversationId } = data;
  try {
    const conversation = await services.conversations.get(conversationId);
    const pause = conversation && (await drain(parts, conversation, { failures: data.failures, signal }));
    if (!pause) return;
    const runAt = timestampOf(services.clock, pause.afterMs);
    await services.jobs.enqueue(job, { conversationId, failures: pause.failures }, { key: conversationId, runAt });
  } catch (error) {
    const { code, message } = toCrmError(error);
    throw new CrmError(code, message, { retryable: true, cause: error });
  }
}

async function drain(
  parts: DrainParts,
  conversation: Conversation,
  { failures, signal }: { readonly failures: number; readonly signal: AbortSignal },
): Promise<Pause | undefined> {
  const { services } = parts;
  const queued = await services.messages.find(queuedIn(conversation.id), {
    limit: BATCH,
    sort: [{ field: "ordinal", direction: "asc" }],
  });
  for (const [index, message] of queued.items.entries()) {
    if (signal.aborted) return { afterMs: 0, failures };
    const attempt = { conversation, message, signal, failures: index === 0 ? failures : 0 };
    const pause = await deliver(parts, attempt);
    if (pause) return pause;
  }
  return queued.items.length < BATCH ? undefined : { afterMs: 0, failures: 0 };
}

function queuedIn(conversationId: string): Criteria {
  return and(
    where<Message>("conversationId").eq(conversationId),
    where<Message>("status").eq("queued"),
    where<Message>("direction").eq("outbound"),
  );
}

interface Attempt {
  readonly conversation: Conversation;
  readonly message: Message;
  readonly failures: number;
  readonly signal: AbortSignal;
}

async function deliver(parts: DrainParts, attempt: Attempt): Promise<Pause | undefined> {
  const { services, early, channel } = parts;
  const { conversation, message, failures, signal } = attempt;
  const { status } = channel.state();
  if (status !== "connected" && status !== "degraded") return { afterMs: NOT_CONNECTED_MS, failures: 0 };
  try {
    const answer = await inTime(services.clock, signal, send(services, channel, attempt));
    if (answer.outcome === "deferred") return { afterMs: pauseOf(answer.retryAfterMs), failures: 0 };
    await settleMessage({ services, early, conversation, message }, answer);
    return undefined;
  } catch (error) {
    const { message: why } = toCrmError(error);
    const fields = { conversation: conversation.id };
    services.logger.warn(`Sending message ${message.id} had no known outcome and will be repeated: ${why}`, fields);
    const backoff = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
    return {
      afterMs: pauseOf((isCrmError(error) ? error.retryAfterMs : undefined) ?? backoff),
      failures: failures + 1,
    };
  }
}

function pauseOf(milliseconds: number): number {
  return Math.min(Math.max(Number.isNaN(milliseconds) ? FIRST_BACKOFF_MS : milliseconds, 1), MAX_PAUSE_MS);
}

/** All pieces of the message; the answer to the last one is the answer. */
async function send(
  services: CommunicationServices,
  channel: Channel,
  { conversation, message }: Attempt,
): Promise<SendResult> {
  const { capabilities } = services.providers.provider(conversation.channelType);
  const lastInboundAt = conversation.lastInboundAt === null ? null : Date.parse(conversation.lastInboundAt);
  const plan = planOutbound(message.parts, { capabilities, now: services.clock.now(), lastInboundAt });
  if (plan.outcome === "refuse") return { outcome: "rejected", reason: plan.reason };
  const repliedTo = message.replyToId === null ? undefined : await services.messages.get(message.replyToId);
  let answer: SendResult = { outcome: "rejected", reason: "There is nothing to send." };
  for (const [index, parts] of plan.pieces.entries()) {
    const idempotencyKey = index === 0 ? message.id : `${message.id}:${index}`;
    const replyToExternalId = index === 0 ? repliedTo?.externalId : undefined;
    answer = await channel.send(pieceOf(message, conversation, parts, replyToExternalId), { idempotencyKey });
    if (answer.outcome !== "accepted") return answer;
  }
  return answer;
}

function pieceOf(
  { id }: Message,
  conversation: Conversation,
  parts: readonly MessagePart[],
  replyToExternalId: string | null | undefined,
): OutboundMessage {
  return {
    id,
    conversationId: conversation.id,
    conversationExternalId: conversation.externalId,
    parts,
    ...(replyToExternalId ? { replyToExternalId } : {}),
  };
}
