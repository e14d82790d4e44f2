import { isCrmError, toCrmError } from "@crmessenger/kernel";
import { type MessageRepository, SendMessage } from "@crmessenger/kernel/communication";
import type {
  HttpClient,
  JobRun,
  Logger,
  MessageBus,
  Storage,
  StoredFile,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import type { ChatsApi } from "../api/chats-api.ts";
import type { AccountSetup } from "../connection/account-setup.ts";
import type { ChatLinks } from "../links/chat-links.ts";
import type { Answer, AnswerBox } from "./answer-box.ts";
import { fetchMedia } from "./fetch-media.ts";
import { toParts } from "./from-amo-message.ts";
import { ORIGIN_SYSTEM } from "./origin.ts";
import { readHistory } from "./read-history.ts";

/** amoCRM's codes: no such chat on our side; a failure with a text of its own. */
const NO_CHAT = 904;
const OTHER_FAILURE = 905;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
/** After so many failures in a row answers go out although the history could not be read. */
const PATIENCE = 3;

/** An answer with amoCRM's id of it. */
interface Waiting {
  readonly amoId: string;
  readonly answer: Answer;
}

/**
 * Sends on what managers typed into a chat of amoCRM, each answer once and in the order in which they were written.
 * Hooks may be lost, doubled or out of order, so every one of them makes us read the chat itself.
 */
export class AnswerTaker {
  readonly #bus: MessageBus;
  readonly #chatsApi: ChatsApi;
  readonly #setup: AccountSetup;
  readonly #chats: ChatLinks;
  readonly #answers: AnswerBox;
  readonly #messages: MessageRepository;
  readonly #http: HttpClient;
  readonly #storage: Storage;
  readonly #unitOfWork: UnitOfWork;
  readonly #logger: Logger;
  readonly #timeoutMs: number;

  constructor(parts: {
    bus: MessageBus;
    chatsApi: ChatsApi;
    setup: AccountSetup;
    chats: ChatLinks;
    answers: AnswerBox;
    messages: MessageRepository;
    http: HttpClient;
    storage: Storage;
    unitOfWork: UnitOfWork;
    logger: Logger;
    timeoutMs: number;
  }) {
    this.#bus = parts.bus;
    this.#chatsApi = parts.chatsApi;
    this.#setup = parts.setup;
    this.#chats = parts.chats;
    this.#answers = parts.answers;
    this.#messages = parts.messages;
    this.#http = parts.http;
    this.#storage = parts.storage;
    this.#unitOfWork = parts.unitOfWork;
    this.#logger = parts.logger;
    this.#timeoutMs = parts.timeoutMs;
  }

  /** Sends on all that waits in the chat. */
  async run({ data, signal }: Pick<JobRun<{ chatId: string; failures: number }>, "data" | "signal">): Promise<void> {
    const { chatId } = data;
    const conversation = await this.#chats.ofChat(chatId);
    const conversationId = conversation?.key;
    if (conversation !== undefined) await this.#catchUp(chatId, conversation.key, data.failures);
    for (const one of inOrder(await this.#answers.waitingIn(chatId))) {
      signal.throwIfAborted();
      if (conversationId === undefined)
        await this.#refuse(one, NO_CHAT, "This chat did not begin with the client's message.");
      else await this.#sendOn(one, conversationId);
    }
  }

  /** Keeps what hooks failed to tell. */
  async #catchUp(chatId: string, conversationId: string, failures: number): Promise<void> {
    try {
      const { scopeId } = await this.#setup.facts();
      const { readUpTo } = await this.#chats.get(conversationId);
      const { missed, upTo } = await readHistory(
        { chatsApi: this.#chatsApi, answers: this.#answers },
        { scopeId, chatId },
        readUpTo,
      );
      if (missed.size === 0 && upTo === readUpTo) return;
      await this.#unitOfWork.run(async () => {
        for (const [amoId, answer] of missed) await this.#answers.keep(amoId, answer);
        await this.#chats.change(conversationId, (link) => ({ ...link, readUpTo: Math.max(link.readUpTo, upTo) }));
      });
    } catch (error) {
      if (failures < PATIENCE || !isCrmError(error)) throw error;
      this.#logger.warn(`A chat's history can't be read, so its answers go out as their hooks came: ${error.message}`);
    }
  }

  async #sendOn(one: Waiting, conversationId: string): Promise<void> {
    const { amoId, answer } = one;
    try {
      const file = await fetchMedia(
        { http: this.#http, storage: this.#storage, timeoutMs: this.#timeoutMs },
        amoId,
        answer,
      );
      await this.#dispatch(one, conversationId, file);
    } catch (error) {
      const failure = toCrmError(error);
      const isFinal = !failure.retryable && (failure.status < 500 || failure.code === "CRM_AMOCRM_MEDIA");
      if (!isFinal) throw error;
      this.#logger.warn(`A manager's answer can't be sent: ${failure.message}`, {
        conversation: conversationId,
        code: failure.code,
      });
      await this.#refuse(one, OTHER_FAILURE, failure.message);
    }
  }

  /** Our message and the note that it exists commit together. */
  async #dispatch({ amoId, answer }: Waiting, conversationId: string, file: StoredFile | undefined): Promise<void> {
    const replyToId = await this.#quoted(answer, conversationId);
    await this.#unitOfWork.run(async () => {
      const message = await this.#bus.dispatch(
        SendMessage,
        {
          conversationId,
          parts: toParts(answer, file),
          replyToId,
          origin: { system: ORIGIN_SYSTEM, id: amoId },
          ...(answer.author === "" ? {} : { authorName: answer.author.slice(0, 200) }),
        },
        { idempotencyKey: `amocrm:${amoId}` },
      );
      await this.#answers.finish(amoId, answer, message.id);
    });
  }

  /** The message of this conversation that the answer quotes, if it is one. */
  async #quoted({ quotedId, quotedAmoId }: Answer, conversationId: string): Promise<string | null> {
    const ours = quotedId?.split(":")[0];
    const theirs = quotedAmoId === null ? undefined : (await this.#answers.getMany([quotedAmoId])).get(quotedAmoId);
    const id = ours ?? theirs?.messageId ?? "";
    const [message] = UUID.test(id) ? await this.#messages.getMany([id]) : [];
    return message?.conversationId === conversationId ? message.id : null;
  }

  /** Shows the manager why the client will not get it. */
  async #refuse({ amoId, answer }: Waiting, code: number, reason: string): Promise<void> {
    const { scopeId } = await this.#setup.facts();
    try {
      await this.#chatsApi.reportDelivery(scopeId, amoId, { delivery_status: -1, error_code: code, error: reason });
    } catch (error) {
      if (!isCrmError(error, "CRM_AMOCRM_NOT_FOUND") && !isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
    }
    await this.#answers.finish(amoId, answer, null);
  }
}

function inOrder(waiting: ReadonlyMap<string, Answer>): Waiting[] {
  return [...waiting]
    .map(([amoId, answer]) => ({ amoId, answer }))
    .sort((a, b) => a.answer.msec - b.answer.msec || (a.amoId < b.amoId ? -1 : 1));
}
