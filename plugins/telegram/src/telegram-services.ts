import type { Clock, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import type { Api } from "telegram";
import type { DataCentres } from "./connection/data-centre.ts";
import { unknownDataCentre } from "./connection/file-servers.ts";
import { type Application, type LinkOptions, TelegramLink } from "./connection/telegram-link.ts";
import type { TelegramOptions } from "./options.ts";
import { AccountStore } from "./session/account-store.ts";

/** What the plugin is given by the application. */
export interface GivenServices {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly secrets: Secrets;
}

/** What all Telegram accounts of the application share. */
export class TelegramServices {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly options: TelegramOptions;
  readonly dataCentres: DataCentres;
  readonly application: Application;
  readonly #secrets: Secrets;

  constructor(parts: {
    readonly clock: Clock;
    readonly storage: Storage;
    readonly secrets: Secrets;
    readonly options: TelegramOptions;
    readonly dataCentres: DataCentres;
    readonly application: Application;
  }) {
    this.clock = parts.clock;
    this.storage = parts.storage;
    this.options = parts.options;
    this.dataCentres = parts.dataCentres;
    this.application = parts.application;
    this.#secrets = parts.secrets;
  }

  store(accountId: string): AccountStore {
    return new AccountStore(this.#secrets, accountId);
  }

  openLink(
    options: Pick<LinkOptions, "dataCentre" | "authKey" | "onUpdate">,
    signal?: AbortSignal,
  ): Promise<TelegramLink> {
    return TelegramLink.open({ ...options, application: this.application, clock: this.clock }, signal);
  }

  /** A connection without a login to another data centre. */
  openForeign(dcId: number, config: Api.Config, signal?: AbortSignal): Promise<TelegramLink> {
    const dataCentre = this.dataCentres.find(dcId, config);
    if (dataCentre === undefined) return Promise.reject(unknownDataCentre(dcId));
    return this.openLink({ dataCentre }, signal);
  }
}
