import { isCrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { ChatsApi, DeliveryReport } from "../api/chats-api.ts";
import type { ChatLinks, PendingStatus } from "../links/chat-links.ts";
import type { MessageLinks } from "../links/message-links.ts";
import { findInHistory } from "../provider/find-in-history.ts";

/** amoCRM's code for a failure that comes with a text of its own. */
const OTHER_FAILURE = 905;

/** Where the statuses of a conversation go. */
export interface ReportTarget {
  readonly conversationId: string;
  readonly scopeId: string;
  readonly chatId: string;
}

/** Tells amoCRM how far messages came. */
export class DeliveryReporter {
  readonly #chatsApi: ChatsApi;
  readonly #chats: ChatLinks;
  readonly #messageLinks: MessageLinks;
  readonly #logger: Logger;

  constructor(parts: { chatsApi: ChatsApi; chats: ChatLinks; messageLinks: MessageLinks; logger: Logger }) {
    this.#chatsApi = parts.chatsApi;
    this.#chats = parts.chats;
    this.#messageLinks = parts.messageLinks;
    this.#logger = parts.logger;
  }

  /** Tells statuses in order; each that was told is forgotten. */
  async report(target: ReportTarget, statuses: readonly PendingStatus[]): Promise<void> {
    if (statuses.length === 0) return;
    const told: PendingStatus[] = [];
    try {
      for (const pending of statuses) {
        await this.#tell(target, pending);
        told.push(pending);
      }
    } finally {
      await this.#forget(target.conversationId, told);
    }
  }

  async #tell(target: ReportTarget, pending: PendingStatus): Promise<void> {
    const amoId = pending.amoId ?? (await this.#amoIdOf(target, pending.messageId));
    if (amoId === undefined) return; // amoCRM never took the message
    try {
      await this.#chatsApi.reportDelivery(target.scopeId, amoId, reportOf(pending));
    } catch (error) {
      if (!isCrmError(error, "CRM_AMOCRM_NOT_FOUND") && !isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
      this.#logger.warn(`amoCRM takes no status for a message: ${error.message}`, { message: pending.messageId });
    }
  }

  async #amoIdOf(target: ReportTarget, messageId: string): Promise<string | undefined> {
    const known = await this.#messageLinks.amoId(messageId);
    if (known !== undefined) return known;
    const found = await findInHistory(this.#chatsApi, target, messageId);
    if (found === undefined) return undefined;
    await this.#messageLinks.put(messageId, { amoId: found.message.id, conversationId: target.conversationId });
    return found.message.id;
  }

  /** A status that advanced while its predecessor was told stays, to be told in turn. */
  async #forget(conversationId: string, told: readonly PendingStatus[]): Promise<void> {
    if (told.length === 0) return;
    const isTold = (one: PendingStatus): boolean =>
      told.some(({ messageId, status }) => messageId === one.messageId && status === one.status);
    await this.#chats.change(conversationId, (link) => ({
      ...link,
      statuses: link.statuses.filter((one) => !isTold(one)),
    }));
  }
}

function reportOf({ status, failure }: PendingStatus): DeliveryReport {
  if (status === "delivered") return { delivery_status: 1 };
  if (status === "read") return { delivery_status: 2 };
  return { delivery_status: -1, error_code: OTHER_FAILURE, error: failure ?? "The message could not be delivered." };
}

/** Adds a status to those to be told; an earlier one of the same message is not told any more. */
export function withStatus(statuses: readonly PendingStatus[], fresh: PendingStatus): PendingStatus[] {
  return [...statuses.filter(({ messageId }) => messageId !== fresh.messageId), fresh];
}
