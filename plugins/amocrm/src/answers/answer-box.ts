import { type Collection, type Collections, and, defineCollection, where } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { HistoryMessage } from "../api/chats-api.ts";
import type { MessageHook } from "./hook-payload.ts";

const answer = z.object({
  chatId: z.string(),
  /** When it was written, in milliseconds, by amoCRM's clock. */
  msec: z.number(),
  /** `new` until our message exists; the rest of the content is dropped then. */
  state: z.enum(["new", "done"]),
  author: z.string(),
  type: z.string(),
  text: z.string(),
  media: z.string(),
  fileName: z.string(),
  quotedAmoId: z.string().nullable(),
  /** Our id of the quoted message, when we posted it. */
  quotedId: z.string().nullable(),
  /** Our message. */
  messageId: z.string().nullable(),
});
/** What a manager typed into a chat of amoCRM. */
export type Answer = z.infer<typeof answer>;

const AnswerDocuments = defineCollection("amocrm.answers", { schema: answer, indexes: ["chatId", "state"] });

/** Answers of managers by amoCRM's message id: those that wait to be sent on, and which ones were. */
export class AnswerBox {
  readonly #documents: Collection<Answer>;

  constructor(collections: Collections) {
    this.#documents = collections.open(AnswerDocuments);
  }

  /** Keeps an answer; one that is known stays as it is. */
  async keep(amoId: string, fresh: Answer): Promise<void> {
    if ((await this.#documents.get(amoId, { lock: true })) === undefined) await this.#documents.put(amoId, fresh);
  }

  /** The answers of a chat that wait. */
  async waitingIn(chatId: string): Promise<ReadonlyMap<string, Answer>> {
    const criteria = and(where<Answer>("chatId").eq(chatId), where<Answer>("state").eq("new"));
    const found = await this.#documents.find(criteria, { limit: 500 });
    return new Map(found.items.map(({ key, value }) => [key, value]));
  }

  /** What is known of these. */
  async getMany(amoIds: readonly string[]): Promise<ReadonlyMap<string, Answer>> {
    const found = await this.#documents.getMany(amoIds);
    return new Map(found.map(({ key, value }) => [key, value]));
  }

  /** Marks an answer as sent on, as this message of ours; null when it never will be. */
  async finish(amoId: string, done: Answer, messageId: string | null): Promise<void> {
    const rest = { text: "", media: "", fileName: "", quotedAmoId: null, quotedId: null };
    await this.#documents.put(amoId, { ...done, ...rest, state: "done", messageId });
  }

  /** When amoCRM's message was written, in milliseconds. */
  async writtenAt(amoId: string): Promise<number | undefined> {
    return (await this.#documents.get(amoId))?.value.msec;
  }
}

/** An answer as the hook tells it. */
export function answerFromHook({ message: hook }: MessageHook): Answer {
  const { message } = hook;
  return {
    chatId: hook.conversation.id,
    msec: hook.msec_timestamp ?? hook.timestamp * 1000,
    state: "new",
    author: hook.sender.name ?? "",
    type: message.type,
    text: message.text ?? "",
    media: message.media ?? "",
    fileName: message.file_name ?? "",
    quotedAmoId: message.reply_to?.message.id ?? null,
    quotedId: message.reply_to?.message.msgid ?? null,
    messageId: null,
  };
}

/** An answer as the history of its chat tells it, which knows of no quotation. */
export function answerFromHistory(chatId: string, { message, sender, ...times }: HistoryMessage): Answer {
  return {
    chatId,
    msec: times.msec_timestamp ?? times.timestamp * 1000,
    state: "new",
    author: sender.name,
    type: message.type,
    text: message.text,
    media: message.media,
    fileName: message.file_name,
    quotedAmoId: null,
    quotedId: null,
    messageId: null,
  };
}
