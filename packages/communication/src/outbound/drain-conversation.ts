import { CrmError, isCrmError, toCrmError } from "@crmessenger/kernel";
import type { Channel, Conversation, Message, MessagePart, OutboundMessage, SendResult } from "@crmessenger/kernel/communication";
import { type Criteria, type JobDefinition, type JobRun, and, where } from "@crmessenger/kernel/infrastructure";
import { type CommunicationServices, timestampOf } from "../services.ts";
import type { DrainData } from "./drain-job.ts";
import type { EarlyReports } from "./early-reports.ts";
import { inTime } from "./in-time.ts";
import { planOutbound } from "./plan-outbound.ts";
import { type Answer, settleMessage } from "./settle-message.ts";

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
