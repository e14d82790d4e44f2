import type { ChatsApi, HistoryMessage } from "../api/chats-api.ts";

const PAGE = 50;
const MOST_PAGES = 20;

/** Looks a message up in a chat by the id we gave it. The newest thousand messages are searched. */
export async function findInHistory(
  chats: ChatsApi,
  place: { readonly scopeId: string; readonly chatId: string },
  msgid: string,
): Promise<HistoryMessage | undefined> {
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const messages = await chats.history(place.scopeId, place.chatId, page * PAGE);
    const found = messages.find(({ message }) => message.client_id === msgid);
    if (found !== undefined || messages.length < PAGE) return found;
  }
  return undefined;
}
