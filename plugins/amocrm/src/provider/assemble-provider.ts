import type { Clock, HttpClient, Leases, RateBudget } from "@crmessenger/kernel/infrastructure";
import type { ChatsApi } from "../api/chats-api.ts";
import { RestApi } from "../api/rest-api.ts";
import type { AccountSetup } from "../connection/account-setup.ts";
import type { Connection } from "../connection/connection.ts";
import type { ChatLinks } from "../links/chat-links.ts";
import type { EntityLinks } from "../links/entity-links.ts";
import type { TokenStore } from "../oauth/token-store.ts";
import type { AmoCrmOptions } from "../options.ts";
import { AmoCrmProvider } from "./amo-crm-provider.ts";
import { ChangeFeed } from "./change-feed.ts";
import { ChatWriter } from "./chat-writer.ts";
import { MessageShower } from "./message-shower.ts";
import { RecordSaver } from "./record-saver.ts";
import { RecordWriter } from "./record-writer.ts";

interface Parts {
  readonly budget: RateBudget;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly leases: Leases;
  readonly options: AmoCrmOptions;
  readonly connection: Connection;
  readonly tokens: TokenStore;
  readonly rest: RestApi;
  readonly chatsApi: ChatsApi;
  readonly setup: AccountSetup;
  readonly links: EntityLinks;
  readonly chats: ChatLinks;
}

/** What writes to amoCRM and reads its changes: for what keeps it in step, and once more as CrmProvider. */
export function assembleProvider(parts: Parts) {
  return { ...talkOf(parts), provider: provide(parts) };
}

function talkOf(parts: Parts & { readonly hasty?: boolean }) {
  return {
    writer: new RecordWriter(parts),
    chatWriter: new ChatWriter(parts),
    feed: new ChangeFeed(parts.rest),
  };
}

/** Its callers come again by themselves, so nothing of it waits for long. */
function provide(parts: Parts): AmoCrmProvider {
  const rest = new RestApi({ ...parts, hasty: true });
  const { writer, chatWriter, feed } = talkOf({ ...parts, rest, hasty: true });
  const saver = new RecordSaver({ ...parts, writer });
  const shower = new MessageShower({ ...parts, writer: chatWriter });
  return new AmoCrmProvider({ ...parts, rest, saver, shower, feed });
}
