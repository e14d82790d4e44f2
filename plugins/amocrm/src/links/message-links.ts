import { type Collection, type Collections, defineCollection, where } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const messageLink = z.object({ amoId: z.string(), conversationId: z.string() });
type MessageLink = z.infer<typeof messageLink>;

const MessageLinkDocuments = defineCollection("amocrm.messages", { schema: messageLink, indexes: ["amoId"] });

/** amoCRM's ids of messages that were written here and posted there, for their delivery statuses. */
export class MessageLinks {
  readonly #documents: Collection<MessageLink>;

  constructor(collections: Collections) {
    this.#documents = collections.open(MessageLinkDocuments);
  }

  /** amoCRM's id of one of our messages. */
  async amoId(messageId: string): Promise<string | undefined> {
    return (await this.#documents.get(messageId))?.value.amoId;
  }

  async put(messageId: string, link: MessageLink): Promise<void> {
    await this.#documents.put(messageId, link);
  }

  /** Which of amoCRM's messages are ours. */
  async known(amoIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (amoIds.length === 0) return new Set();
    const found = await this.#documents.find(where<MessageLink>("amoId").in(amoIds), { limit: 500 });
    return new Set(found.items.map(({ value }) => value.amoId));
  }
}
