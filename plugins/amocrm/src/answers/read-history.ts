import type { ChatsApi, HistoryMessage } from "../api/chats-api.ts";
import { type Answer, type AnswerBox, answerFromHistory } from "./answer-box.ts";

const PAGE = 50;
const MOST_PAGES = 40;
/** Messages are looked at again for so long: their times come from several clocks. */
const OVERLAP_MS = 10 * 60_000;

/** What the history of a chat told. */
export interface ReadHistory {
  /** Answers that no hook told of, by amoCRM's id. */
  readonly missed: ReadonlyMap<string, Answer>;
  /** The time of the newest message, in milliseconds. */
  readonly upTo: number;
}

/** Reads a chat back to what was read before and finds what managers typed that we never heard of. */
export async function readHistory(
  parts: { readonly chatsApi: ChatsApi; readonly answers: AnswerBox },
  chat: { readonly scopeId: string; readonly chatId: string },
  since: number,
): Promise<ReadHistory> {
  const missed = new Map<string, Answer>();
  let upTo = since;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const messages = await parts.chatsApi.history(chat.scopeId, chat.chatId, page * PAGE);
    const typed = messages.filter(isTyped);
    const known = await parts.answers.getMany(typed.map(({ message }) => message.id));
    for (const one of typed) {
      if (!known.has(one.message.id)) missed.set(one.message.id, answerFromHistory(chat.chatId, one));
    }
    upTo = Math.max(upTo, ...messages.map(timeOf));
    const last = messages.at(-1);
    if (messages.length < PAGE || last === undefined || timeOf(last) < since - OVERLAP_MS) break;
  }
  return { missed, upTo };
}

/** Typed in amoCRM: it goes to the client, and no integration has given it an id. */
function isTyped({ receiver, message }: HistoryMessage): boolean {
  return receiver !== undefined && message.client_id === undefined;
}

function timeOf({ timestamp, msec_timestamp: msec }: HistoryMessage): number {
  return msec ?? timestamp * 1000;
}
