import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { Api } from "telegram";
import { patiently } from "../connection/patiently.ts";
import type { Asker } from "../connection/telegram-request.ts";
import { type Happening, messageHappening } from "./change.ts";

const BATCH = 100;
/** So many ids in a row without a message mean that there are no more: ids are given out densely, and few messages are deleted. */
const EMPTY_BATCHES_AT_END = 2;

export interface MessagesAfterParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly link: Asker;
}

export interface FoundMessages {
  /** How many of the ids have a message, in private chats or elsewhere. */
  readonly count: number;
  readonly happenings: readonly Happening[];
  readonly users: readonly Api.TypeUser[];
}

/**
 * All messages of private chats with an id above `lastId`, in order. An account counts the ids of its private messages
 * over all its chats, so that they can be asked for without knowing the chats; bots may do it too.
 */
export async function* messagesAfter(lastId: number, parts: MessagesAfterParts): AsyncGenerator<FoundMessages> {
  let empty = 0;
  for (let from = lastId + 1; empty < EMPTY_BATCHES_AT_END; from += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, index) => from + index);
    const found = await fetch(ids, parts);
    empty = found.some(({ count }) => count > 0) ? 0 : empty + 1;
    yield* found;
  }
}

/** The messages, or, when GramJS can't read one of them, the others. */
async function fetch(ids: readonly number[], parts: MessagesAfterParts): Promise<FoundMessages[]> {
  const request = new Api.messages.GetMessages({ id: ids.map((id) => new Api.InputMessageID({ id })) });
  try {
    const answer = await patiently(parts.clock, parts.signal, () => parts.link.invoke(request));
    if (answer instanceof Api.messages.MessagesNotModified) return [];
    const existing = answer.messages.filter((message) => !(message instanceof Api.MessageEmpty));
    const happenings = existing.flatMap((message) => messageHappening(message));
    return [{ count: existing.length, happenings, users: answer.users }];
  } catch (error) {
    if (!(error instanceof Error && "invalidConstructorId" in error)) throw error;
    const [only] = ids;
    if (ids.length === 1 && only !== undefined) {
      parts.logger.error(`Telegram message ${only} holds something that this version can't read; it is left out.`);
      return [];
    }
    const middle = ids.length / 2;
    const halves = [ids.slice(0, middle), ids.slice(middle)];
    return [...(await fetch(halves[0] ?? [], parts)), ...(await fetch(halves[1] ?? [], parts))];
  }
}
