import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type { ChannelHost } from "@crmessenger/kernel/communication";
import type { Clock, Storage } from "@crmessenger/kernel/infrastructure";
import { Api } from "telegram";
import { patiently } from "../connection/patiently.ts";
import type { AskFileServer, Invoke } from "../connection/telegram-request.ts";
import type { PeerBook } from "../session/peer-book.ts";
import type { SentIds } from "../outbound/sent-ids.ts";
import type { Happening, PrivateMessage } from "./change.ts";
import { Lanes } from "./lanes.ts";
import { messageFile } from "./message-media.ts";
import { REFERENCE_EXPIRED, storeFile } from "./store-file.ts";
import { type ArrivedMessage, type FileOutcome, toMessage, unreadableMessage } from "./to-message.ts";
import type { HappeningSink } from "./update-feed.ts";

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
const FINAL_STATUSES = [400, 403, 413, 422];
/** Telegram's own account: login codes and notices, which are nobody's business. */
const TELEGRAM_ITSELF = "777000";

export interface InboxParts {
  readonly host: ChannelHost;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly peers: PeerBook;
  readonly sentIds: SentIds;
  /** Aborts when the channel is disconnected. */
  readonly signal: AbortSignal;
  readonly ownId: string;
  readonly maxMediaBytes: number;
  /** Asks over the connection there is. Rejects when there is none. */
  readonly invoke: Invoke;
  readonly askFileServer: AskFileServer;
}

/**
 * Brings what happened to the kernel: in order for each chat, and until it is committed. What the kernel refuses for good
 * is reported and passed over, so that it does not hold up its chat for ever.
 */
export class Inbox implements HappeningSink {
  readonly #parts: InboxParts;
  readonly #lanes = new Lanes();

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  get pending(): number {
    return this.#lanes.pending;
  }

  below(most: number): Promise<void> {
    return this.#lanes.below(most);
  }

  accept(happening: Happening): Promise<void> {
    switch (happening.kind) {
      case "sent":
        this.#parts.sentIds.note(happening.randomId, happening.messageId);
        return Promise.resolve();
      case "read":
        return this.#lanes.run(happening.chatId, () => this.#report(happening));
      case "message":
        if (!this.#concernsUs(happening)) return Promise.resolve();
        return this.#lanes.run(happening.chatId, () => this.#receive(happening.chatId, happening.message));
    }
  }

  /** Resolves when nothing is being worked on any more. */
  idle(): Promise<void> {
    return this.#lanes.below(0);
  }

  /** What the business itself wrote is known, or was written elsewhere; notes to oneself are no customer's. */
  #concernsUs({ chatId, message }: Happening & { kind: "message" }): boolean {
    if (message.out === true || chatId === this.#parts.ownId || chatId === TELEGRAM_ITSELF) return false;
    // "Somebody you know joined Telegram" is nothing that they wrote.
    return !(message instanceof Api.MessageService && message.action instanceof Api.MessageActionContactSignUp);
  }

  async #report({ chatId, upToId }: Happening & { kind: "read" }): Promise<void> {
    const { host, clock } = this.#parts;
    const at = new Date(clock.now()).toISOString();
    const update = { status: "read", at, upToExternalId: String(upToId), conversationExternalId: chatId } as const;
    await this.#untilCommitted(() => host.report([update]));
  }

  async #receive(chatId: string, message: PrivateMessage): Promise<void> {
    const { host } = this.#parts;
    const arrived: ArrivedMessage = { channelAccountId: host.account.id, chatId, message, peer: undefined };
    const refused = await this.#untilCommitted(async () => {
      const peer = await this.#introduce(chatId, message);
      const file = message instanceof Api.Message ? await this.#store(message) : undefined;
      await host.receive(toMessage({ ...arrived, peer, file }));
    });
    if (refused === undefined) return;
    const why = `A message that could not be taken over: ${refused.message}`;
    await this.#untilCommitted(async () => {
      await host.receive(unreadableMessage(arrived, why));
    });
  }

  /** Who wrote it. A short update and a forgetful memory may leave only an id; Telegram tells with the message itself. */
  async #introduce(chatId: string, message: PrivateMessage): Promise<ArrivedMessage["peer"]> {
    const { peers } = this.#parts;
    if ((await peers.find(chatId)) === undefined) await this.#fetch(message.id);
    await peers.keep(chatId);
    return peers.find(chatId);
  }

  async #store(message: Api.Message): Promise<FileOutcome | undefined> {
    const { host, storage, clock, signal, maxMediaBytes, askFileServer } = this.#parts;
    const path = `inbound/${host.account.id}/${message.id}-0`;
    const parts = { storage, maxBytes: maxMediaBytes, source: { ask: askFileServer, clock, signal } };
    let shown: Api.Message | undefined = message;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const file = shown === undefined ? undefined : messageFile(shown);
      if (file === undefined) return undefined;
      const outcome = await storeFile(path, file, parts);
      if (outcome !== REFERENCE_EXPIRED) return outcome;
      shown = await this.#fetch(message.id);
    }
    return { outcome: "left-out", reason: "A file that Telegram does not hand out any more." };
  }

  /** The message as Telegram has it now, with the people it names. */
  async #fetch(id: number): Promise<Api.Message | undefined> {
    const { clock, signal, invoke, peers } = this.#parts;
    const request = new Api.messages.GetMessages({ id: [new Api.InputMessageID({ id })] });
    const answer = await patiently(clock, signal, () => invoke(request));
    if (answer instanceof Api.messages.MessagesNotModified) return undefined;
    peers.note(answer.users);
    const [message] = answer.messages;
    return message instanceof Api.Message ? message : undefined;
  }

  /** Repeats until it succeeds. Answers the error when the kernel refuses for good; rejects when the channel was disconnected. */
  async #untilCommitted(work: () => Promise<void>): Promise<Error | undefined> {
    const { host, clock, signal } = this.#parts;
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      try {
        await work();
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (isCrmError(error, "CRM_CHANNEL_LEASE_LOST")) throw error;
        if (isFinal(error)) {
          host.logger.error(`A Telegram message could not be taken over: ${error.message}`);
          return error;
        }
        host.logger.warn(`A Telegram message can't be taken over yet: ${toCrmError(error).message}`, { failures });
        await clock.sleep(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), signal);
      }
    }
  }
}

/** Repeating does not help: the kernel looked at it and says no, or the message is not made as it should be. */
function isFinal(error: unknown): error is Error {
  if (isCrmError(error)) return !error.retryable && FINAL_STATUSES.includes(error.status);
  return error instanceof TypeError || error instanceof RangeError;
}
