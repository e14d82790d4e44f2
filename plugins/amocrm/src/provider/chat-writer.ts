import { type CrmError, isCrmError } from "@crmessenger/kernel";
import type { ChatsApi, NewChat } from "../api/chats-api.ts";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountSetup } from "../connection/account-setup.ts";
import { findInHistory } from "./find-in-history.ts";

/** A chat that is to belong to a contact. */
export interface ChatBinding {
  readonly conversationId: string;
  readonly chatId: string;
  readonly amoContactId: number;
}

/** What became of a message: amoCRM's id of it, or why amoCRM will never take it. */
export type AddedMessage = { readonly amoId: string } | { readonly refusal: CrmError };

/** Makes amoCRM's chats and puts messages into them, each once. */
export class ChatWriter {
  readonly #chatsApi: ChatsApi;
  readonly #rest: RestApi;
  readonly #setup: AccountSetup;

  constructor(parts: { chatsApi: ChatsApi; rest: RestApi; setup: AccountSetup }) {
    this.#chatsApi = parts.chatsApi;
    this.#rest = parts.rest;
    this.#setup = parts.setup;
  }

  /** Creates a chat, or finds the one of that conversation, and answers amoCRM's id of it. */
  create(scopeId: string, chat: NewChat): Promise<string> {
    return this.#orReconnect(() => this.#chatsApi.createChat(scopeId, chat));
  }

  /** Binds chats to contacts: a message in a chat of nobody makes amoCRM invent a contact and a lead. */
  async bind(chats: readonly ChatBinding[]): Promise<void> {
    const body = chats.map(({ conversationId, chatId, amoContactId }) => ({
      chat_id: chatId,
      contact_id: amoContactId,
      request_id: conversationId,
    }));
    await this.#rest.put("POST", "contacts/chats", body);
  }

  /** Adds a message. A refused one is there already, as its chat's history shows, or will never be. */
  async add(
    place: { readonly scopeId: string; readonly chatId: string },
    payload: Readonly<Record<string, unknown>> & { readonly msgid: string },
  ): Promise<AddedMessage> {
    try {
      return { amoId: await this.#orReconnect(() => this.#chatsApi.addMessage(place.scopeId, payload)) };
    } catch (error) {
      if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
      const there = await findInHistory(this.#chatsApi, place, payload.msgid);
      return there === undefined ? { refusal: error } : { amoId: there.message.id };
    }
  }

  /** The channel may have been disconnected, by a reinstallation say: it is connected anew before the next try. */
  async #orReconnect<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (isCrmError(error, "CRM_AMOCRM_NOT_FOUND")) await this.#setup.renew();
      throw error;
    }
  }
}
