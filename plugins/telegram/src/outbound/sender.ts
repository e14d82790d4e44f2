import { CrmError } from "@crmessenger/kernel";
import type { OutboundMessage, SendResult } from "@crmessenger/kernel/communication";
import type { Clock, Storage } from "@crmessenger/kernel/infrastructure";
import type { BigInteger } from "big-integer";
import { Api } from "telegram";
import { type RpcTrouble, rpcTrouble } from "../connection/rpc-trouble.ts";
import type { Invoke } from "../connection/telegram-request.ts";
import type { UpdateFeed } from "../inbound/update-feed.ts";
import type { PeerBook } from "../session/peer-book.ts";
import { documentMedia, fromMessage, isPhoto, type TelegramDraft } from "./from-message.ts";
import { findSent, findSentByBot } from "./find-sent.ts";
import { randomIdOf } from "./random-id.ts";
import { refusalReason } from "./refusals.ts";
import type { SentIds } from "./sent-ids.ts";
import type { Taken } from "./taken.ts";
import { uploadFile } from "./upload-file.ts";

const NO_LOGIN_PAUSE_MS = 60_000;
const MAX_REPETITIONS = 3;

export interface SenderParts {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly peers: PeerBook;
  readonly sentIds: SentIds;
  readonly feed: UpdateFeed;
  readonly bot: boolean;
  /** Asks over the connection there is. Rejects when there is none. */
  readonly invoke: Invoke;
}

/** One message in the making. */
interface Draft extends TelegramDraft {
  readonly peer: Api.InputPeerUser;
  readonly randomId: BigInteger;
}

/** Hands messages to Telegram, once each whatever happens. */
export class Sender {
  readonly #parts: SenderParts;
  #floodedUntil = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Rejects when the outcome is unknown; the same key then leads to the same message. */
  async send(message: OutboundMessage, idempotencyKey: string): Promise<SendResult> {
    const { clock, peers } = this.#parts;
    const wait = this.#floodedUntil - clock.now();
    if (wait > 0) return flooded(wait);
    const content = fromMessage(message);
    if ("refusal" in content) return { outcome: "rejected", reason: content.refusal };
    const peer = await peers.inputPeer(message.conversationExternalId);
    if (peer === undefined)
      return { outcome: "rejected", reason: "This account has never met this person: they must write first." };
    return this.#deliver({ ...content, peer, randomId: randomIdOf(idempotencyKey) });
  }

  async #deliver(draft: Draft): Promise<SendResult> {
    let current = draft;
    for (let repetition = 0; ; repetition += 1) {
      try {
        return accepted(await this.#ask(current));
      } catch (error) {
        const trouble = rpcTrouble(error);
        if (trouble.kind === "refused" && trouble.name === "RANDOM_ID_DUPLICATE")
          return accepted(await this.#recognise(current));
        const replyGone = trouble.kind === "refused" && trouble.name === "REPLY_MESSAGE_ID_INVALID";
        const again = trouble.kind === "not-tried" || (replyGone && current.replyToId !== undefined);
        if (!again || repetition >= MAX_REPETITIONS) return this.#resultOf(trouble, error);
        // What was answered has been deleted: the answer is worth sending without the reference.
        if (replyGone) current = { ...current, replyToId: undefined };
      }
    }
  }

  #resultOf(trouble: RpcTrouble, error: unknown): SendResult {
    switch (trouble.kind) {
      case "wait":
        this.#floodedUntil = this.#parts.clock.now() + trouble.seconds * 1000;
        return flooded(trouble.seconds * 1000);
      case "login-lost":
        return { outcome: "deferred", retryAfterMs: NO_LOGIN_PAUSE_MS, reason: trouble.reason };
      case "refused":
        return { outcome: "rejected", reason: refusalReason(trouble.name) };
      case "not-tried":
      case "unknown":
        throw new CrmError(
          "CRM_TELEGRAM_OUTCOME_UNKNOWN",
          `It is unknown whether Telegram took the message: ${describe(error)}`,
          {
            retryable: true,
            status: 503,
            cause: error,
          },
        );
    }
  }

  async #ask(draft: Draft): Promise<Taken> {
    const { invoke, feed } = this.#parts;
    const { peer, randomId, text: message } = draft;
    const replyTo =
      draft.replyToId === undefined ? {} : { replyTo: new Api.InputReplyToMessage({ replyToMsgId: draft.replyToId }) };
    if (draft.media === undefined) {
      const answer = await invoke(new Api.messages.SendMessage({ peer, message, randomId, ...replyTo }));
      return readAnswer(answer, randomId, feed);
    }
    const file = await this.#upload(draft.media);
    const send = async (media: Api.TypeInputMedia): Promise<Taken> => {
      const answer = await invoke(new Api.messages.SendMedia({ peer, media, message, randomId, ...replyTo }));
      return readAnswer(answer, randomId, feed);
    };
    if (!isPhoto(draft.media)) return send(documentMedia(file, draft.media));
    try {
      return await send(new Api.InputMediaUploadedPhoto({ file }));
    } catch (error) {
      if (!isNoPhoto(error)) throw error;
      // Too wide, too tall, or no picture at all: as a file it arrives all the same.
      return send(documentMedia(file, draft.media));
    }
  }

  async #upload({ file }: NonNullable<TelegramDraft["media"]>): Promise<Api.TypeInputFile> {
    const { storage, invoke } = this.#parts;
    return uploadFile(file, await storage.get(file.path), invoke);
  }

  /** Telegram has the message from an earlier attempt. Its id is in the log that we have not read, or in the chat. */
  async #recognise({ peer, randomId, text, media }: Draft): Promise<Taken> {
    const { clock, sentIds, feed, invoke, bot } = this.#parts;
    await feed.catchUp();
    const date = Math.floor(clock.now() / 1000);
    const id = sentIds.find(randomId.toString());
    if (id !== undefined) return { id: String(id), date };
    const content = { peer, text, withMedia: media !== undefined };
    const found = bot ? await findSentByBot(content, feed.lastMessageId, invoke) : await findSent(content, invoke);
    // It was taken, that is certain; deleted since, it has no number any more, and its random id names it as well.
    return found ?? { id: `random-${randomId.toString()}`, date };
  }
}

/** What was taken, and the place that it has in the account's log. */
function readAnswer(answer: Api.TypeUpdates, randomId: BigInteger, feed: UpdateFeed): Taken {
  if (answer instanceof Api.UpdateShortSentMessage) {
    feed.noteOwn(answer.pts, answer.ptsCount, answer.id);
    return { id: String(answer.id), date: answer.date };
  }
  if (!(answer instanceof Api.Updates)) throw new Error(`Telegram answered a message with ${answer.className}.`);
  let id: number | undefined;
  for (const update of answer.updates) {
    if (update instanceof Api.UpdateMessageID && update.randomId?.equals(randomId) === true) ({ id } = update);
    if (update instanceof Api.UpdateNewMessage) feed.noteOwn(update.pts, update.ptsCount, update.message.id);
  }
  if (id === undefined) throw new Error("Telegram took a message and did not say which id it has.");
  return { id: String(id), date: answer.date };
}

function accepted({ id, date }: Taken): SendResult {
  return { outcome: "accepted", externalId: id, at: new Date(date * 1000).toISOString(), status: "sent" };
}

function flooded(milliseconds: number): SendResult {
  return {
    outcome: "deferred",
    retryAfterMs: milliseconds,
    reason: `Telegram asks this account to wait ${Math.ceil(milliseconds / 1000)} seconds.`,
  };
}

function isNoPhoto(error: unknown): boolean {
  const trouble = rpcTrouble(error);
  return trouble.kind === "refused" && /^(PHOTO_|IMAGE_PROCESS_FAILED)/.test(trouble.name);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
