import { Api } from "telegram";
import type { Invoke } from "../connection/telegram-request.ts";
import type { Taken } from "./taken.ts";

const LOOK_BACK = 50;
/** Around the last message known; the one looked for is not far from it. */
const BOT_REACH = 50;

export interface SentContent {
  readonly peer: Api.InputPeerUser;
  readonly text: string;
  readonly withMedia: boolean;
}

/**
 * Looks for a message that Telegram took, by its content. Messages of one chat are sent one after another, so the
 * latest of ours that looks the same is the one.
 */
export async function findSent(content: SentContent, invoke: Invoke): Promise<Taken | undefined> {
  return latestLike(content, await invoke(new Api.messages.GetHistory({ peer: content.peer, limit: LOOK_BACK })));
}

/** The same for bots, which may not read histories but may ask for messages by their ids. */
export async function findSentByBot(content: SentContent, lastId: number, invoke: Invoke): Promise<Taken | undefined> {
  const highest = lastId + BOT_REACH;
  const ids = Array.from({ length: Math.min(highest, 2 * BOT_REACH) }, (_, index) => highest - index);
  return latestLike(
    content,
    await invoke(new Api.messages.GetMessages({ id: ids.map((id) => new Api.InputMessageID({ id })) })),
  );
}

function latestLike({ peer, text, withMedia }: SentContent, found: Api.messages.TypeMessages): Taken | undefined {
  if (found instanceof Api.messages.MessagesNotModified) return undefined;
  for (const message of found.messages) {
    if (!(message instanceof Api.Message) || message.out !== true) continue;
    if (!(message.peerId instanceof Api.PeerUser) || !message.peerId.userId.equals(peer.userId)) continue;
    const hasMedia =
      message.media instanceof Api.MessageMediaPhoto || message.media instanceof Api.MessageMediaDocument;
    if (message.message === text && hasMedia === withMedia) return { id: String(message.id), date: message.date };
  }
  return undefined;
}
