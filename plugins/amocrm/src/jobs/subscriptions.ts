import type { MessageStatusChanged } from "@crmessenger/kernel/communication";
import type { Jobs } from "@crmessenger/kernel/infrastructure";
import type { EventDefinition } from "@crmessenger/kernel";
import { ORIGIN_SYSTEM } from "../answers/origin.ts";
import { withStatus } from "../chat/delivery-reporter.ts";
import type { ChatLinks } from "../links/chat-links.ts";
import type { LinkKind } from "../links/entity-links.ts";
import { PushEntity, SyncConversation } from "./definitions.ts";

type PayloadOf<E> = E extends EventDefinition<infer T> ? T : never;

/** A conversation has something for amoCRM. */
export async function onConversation(jobs: Jobs, conversationId: string): Promise<void> {
  await jobs.enqueue(SyncConversation, { conversationId, failures: 0 }, { key: conversationId });
}

/** A contact or lead changed. */
export async function onEntity(jobs: Jobs, kind: LinkKind, id: string): Promise<void> {
  await jobs.enqueue(PushEntity, { kind, id, failures: 0 }, { key: `${kind}:${id}` });
}

/** A message came further. amoCRM knows no status for a message that was merely sent. */
export async function onStatus(
  { jobs, chats }: { readonly jobs: Jobs; readonly chats: ChatLinks },
  { messageId, conversationId, origin, status, failure }: PayloadOf<typeof MessageStatusChanged>,
): Promise<void> {
  if (status === "queued" || status === "sent") return;
  const amoId = origin?.system === ORIGIN_SYSTEM ? origin.id : null;
  await chats.change(conversationId, (link) => ({
    ...link,
    statuses: withStatus(link.statuses, { messageId, amoId, status, failure }),
  }));
  await onConversation(jobs, conversationId);
}
