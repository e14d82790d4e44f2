import { CrmError } from "@crmessenger/kernel";
import { Api } from "telegram";
import { FileMigrateError } from "telegram/errors/index.js";
import type { TelegramLink } from "./telegram-link.ts";
import type { TelegramRequest } from "./telegram-request.ts";

/** Opens a connection to another data centre, without a login. */
export type OpenForeign = (dcId: number) => Promise<TelegramLink>;

/**
 * Files are kept in their sender's data centre, which is often another one than the account's. The login is taken along
 * there (https://core.telegram.org/api/datacenter#authorization). All of it ends with the account's own connection.
 */
export class FileServers {
  readonly #main: TelegramLink;
  readonly #open: OpenForeign;
  readonly #links = new Map<number, Promise<TelegramLink>>();

  constructor(main: TelegramLink, open: OpenForeign) {
    this.#main = main;
    this.#open = open;
    void main.closed.then(() => this.#close());
  }

  /** Asks the data centre that has the file. */
  async ask<Answer>(dcId: number, request: TelegramRequest<Answer>): Promise<Answer> {
    const link = await this.#link(dcId);
    try {
      return await link.invoke(request);
    } catch (error) {
      if (!(error instanceof FileMigrateError) || error.newDc === dcId) throw error;
      return (await this.#link(error.newDc)).invoke(request);
    }
  }

  #link(dcId: number): Promise<TelegramLink> {
    if (dcId === this.#main.dataCentre.id) return Promise.resolve(this.#main);
    const known = this.#links.get(dcId);
    if (known !== undefined) return known;
    const link = this.#connect(dcId);
    this.#links.set(dcId, link);
    const forget = (): void => {
      this.#links.delete(dcId);
    };
    link.then((open) => open.closed.then(forget), forget);
    return link;
  }

  async #connect(dcId: number): Promise<TelegramLink> {
    const { id, bytes } = await this.#main.invoke(new Api.auth.ExportAuthorization({ dcId }));
    const link = await this.#open(dcId);
    try {
      await link.invoke(new Api.auth.ImportAuthorization({ id, bytes }));
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    const opened = await Promise.allSettled(this.#links.values());
    for (const link of opened) if (link.status === "fulfilled") link.value.close();
  }
}

/** Telegram named a data centre that is not in its configuration. */
export function unknownDataCentre(dcId: number): CrmError {
  return new CrmError(
    "CRM_TELEGRAM_DATA_CENTRE",
    `Telegram's configuration does not say where its data centre ${dcId} is.`,
    {
      details: { dcId },
      retryable: true,
    },
  );
}
