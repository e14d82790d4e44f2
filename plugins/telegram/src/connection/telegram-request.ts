import type { Api } from "telegram";

/** A request of Telegram's API with the type of its answer, as GramJS generates them. */
export type TelegramRequest<Answer> = Pick<Api.Request<never, Answer>, "__response" | "className">;

/** Asks Telegram. Rejects with an RPCError of GramJS or with CRM_TELEGRAM_LINK_LOST. */
export type Invoke = <Answer>(request: TelegramRequest<Answer>) => Promise<Answer>;

/** Something that can be asked: a connection. */
export interface Asker {
  readonly invoke: Invoke;
}

/** Asks the data centre that keeps a file. */
export type AskFileServer = <Answer>(dcId: number, request: TelegramRequest<Answer>) => Promise<Answer>;
