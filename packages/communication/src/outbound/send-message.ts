import type { z } from "zod";
import { CrmError, type GuardHook, type TransformHook, executionContext, handle } from "@crmessenger/kernel";
import {
  type Conversation,
  type Message,
  type MessagePart,
  MessageQueued,
  type OutboundDraft,
  type Participant,
  SendMessage,
  previewOf,
  sanitiseText,
} from "@crmessenger/kernel/communication";
import { type Criteria, type CriteriaSubject, type NewRecord, matches } from "@crmessenger/kernel/infrastructure";
import { type CommunicationServices, timestampOf } from "../services.ts";
import type { OutboundQueue } from "./outbound-queue.ts";
import { planOutbound } from "./plan-outbound.ts";

export interface SendHooks {
  readonly guard: GuardHook<OutboundDraft>;
  readonly draft: TransformHook<OutboundDraft>;
}

type Input = z.output<typeof SendMessage.input>;

/** The one way out: whoever sends, and from wherever, the message passes here. */
export function sendMessage(services: CommunicationServices, outbound: OutboundQueue, hooks: SendHooks) {
  return handle(SendMessage, async (input, { scope }) => {
    const conversation = await visibleConversation(services, input.conversationId, await scope());
    await requireRepliedTo(services, conversation, input.replyToId);
    const drafted: OutboundDraft = { conversation, message: await draftOf(services, conversation, input) };
    await hooks.guard.enforce(drafted);
    const { message } = await hooks.draft.apply(drafted);
    refuseWhatCannotGo(services, conversation, message.parts);
    const queued = await store(services, conversation, message);
    await outbound.enqueue(conversation);
    return queued;
  });
}

async function visibleConversation(
  services: CommunicationServices,
  id: string,
  scope: Criteria,
): Promise<Conversation> {
  const conversation = await services.conversations.get(id, { lock: true });
  if (conversation && conversation.deletedAt === null && matches(scope, conversation as unknown as CriteriaSubject))
    return conversation;
  throw new CrmError("CRM_COMMUNICATION_CONVERSATION_NOT_FOUND", `There is no conversation ${id}.`, {
    status: 404,
    details: { id },
  });
}

async function requireRepliedTo(
  services: CommunicationServices,
  conversation: Conversation,
  replyToId: string | null,
): Promise<void> {
  if (replyToId === null) return;
  const message = await services.messages.get(replyToId);
  if (message?.conversationId === conversation.id) return;
  throw new CrmError(
    "CRM_COMMUNICATION_REPLY_TARGET",
    `The message ${replyToId} is not part of the conversation ${conversation.id}: only a message of the same conversation can be answered.`,
    {
      status: 422,
      details: { replyToId, conversationId: conversation.id },
    },
  );
}

async function draftOf(
  services: CommunicationServices,
  conversation: Conversation,
  input: Input,
): Promise<NewRecord<Message>> {
  const parts = input.parts.map(sanitisePart);
  const now = timestampOf(services.clock);
  return {
    id: services.ids.next(),
    conversationId: conversation.id,
    channelAccountId: conversation.channelAccountId,
    direction: "outbound",
    ordinal: conversation.messageCount + 1,
    author: await authorOf(services, input.authorName),
    parts: parts.map(({ part }) => part),
    replyToId: input.replyToId,
    forwardedFrom: null,
    externalId: null,
    origin: input.origin,
    status: "queued",
    statusAt: now,
    failure: null,
    sanitised: parts.some(({ sanitised }) => sanitised),
    sentAt: now,
  };
}

async function authorOf(services: CommunicationServices, authorName: string | undefined): Promise<Participant> {
  const { actor } = executionContext();
  if (actor.kind !== "user") return { kind: actor.kind, id: actor.id, name: authorName ?? actor.id };
  const user = await services.users?.get(actor.id);
  return { kind: "user", id: actor.id, name: authorName ?? user?.name ?? actor.id };
}

function sanitisePart(part: MessagePart): { part: MessagePart; sanitised: boolean } {
  if (part.type !== "text" && part.type !== "buttons") return { part, sanitised: false };
  const { text, sanitised } = sanitiseText(part.text);
  return { part: sanitised ? { ...part, text } : part, sanitised };
}

/**
 * What the channel can't carry is refused with CRM_COMMUNICATION_NOT_SENDABLE (422) and the planner's reason: what can
 * be known now is said now, to the person who wrote it, rather than as a failed message later.
 */
function refuseWhatCannotGo(
  services: CommunicationServices,
  conversation: Conversation,
  parts: readonly MessagePart[],
): void {
  const { capabilities } = services.providers.provider(conversation.channelType);
  const lastInboundAt = conversation.lastInboundAt === null ? null : Date.parse(conversation.lastInboundAt);
  const plan = planOutbound(parts, { capabilities, now: services.clock.now(), lastInboundAt });
  if (plan.outcome === "refuse")
    throw new CrmError("CRM_COMMUNICATION_NOT_SENDABLE", plan.reason, {
      status: 422,
      details: { conversationId: conversation.id },
    });
}

async function store(
  services: CommunicationServices,
  conversation: Conversation,
  draft: NewRecord<Message>,
): Promise<Message> {
  const message = await services.messages.insert(draft);
  await services.conversations.update({
    ...conversation,
    messageCount: message.ordinal,
    lastMessageAt: message.sentAt,
  });
  const { contactId, leadId, channelType } = conversation;
  await services.timeline.add([
    {
      contactId,
      leadId,
      kind: "message",
      data: { messageId: message.id, direction: "outbound", preview: previewOf(message.parts) },
    },
  ]);
  await services.auditor.track([{ action: SendMessage.name, target: { type: "message", id: message.id } }]);
  await services.events.dispatch(
    MessageQueued,
    { type: "conversation", id: conversation.id, version: conversation.version + 1 },
    { message, contactId, leadId, channelType },
  );
  return message;
}
