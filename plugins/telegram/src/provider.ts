import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { Channel, ChannelHost, ChannelProvider, LoginFlow } from "@crmessenger/kernel/communication";
import { Api } from "telegram";
import { TelegramChannel } from "./channel.ts";
import { BotTokenLogin } from "./login/bot-token-login.ts";
import { QrLogin } from "./login/qr-login.ts";
import { type LoginMethod, TelegramLogin } from "./login/telegram-login.ts";
import { DataCentres } from "./connection/data-centre.ts";
import type { Application } from "./connection/telegram-link.ts";
import type { TelegramOptions } from "./options.ts";
import { providerDescription } from "./provider-description.ts";
import { type GivenServices, TelegramServices } from "./telegram-services.ts";

/** Telegram accounts, by QR code or as bots. */
export class TelegramProvider implements ChannelProvider {
  readonly type = providerDescription.type;
  readonly loginMethods = providerDescription.loginMethods;
  readonly settings = providerDescription.settings;
  readonly capabilities = providerDescription.capabilities;
  readonly #services: TelegramServices;
  readonly #channels = new Map<string, TelegramChannel>();

  constructor(services: TelegramServices) {
    this.#services = services;
  }

  open(host: ChannelHost): Channel {
    const channel = new TelegramChannel(this.#services, host);
    this.#channels.set(host.account.id, channel);
    return channel;
  }

  async login(host: ChannelHost, method: string): Promise<LoginFlow> {
    return new TelegramLogin(this.#services, host, this.#loginMethod(method));
  }

  async logout(host: ChannelHost): Promise<void> {
    const store = this.#services.store(host.account.id);
    const running = this.#channels.get(host.account.id);
    this.#channels.delete(host.account.id);
    if (running?.state().status === "connected") await running.logOut();
    else await this.#logOutUnconnected(host);
    await store.clear();
  }

  async #logOutUnconnected(host: ChannelHost): Promise<void> {
    try {
      const login = await this.#services.store(host.account.id).login();
      if (login === undefined) return;
      const dataCentre = this.#services.dataCentres.stored(login.dataCentre);
      const link = await this.#services.openLink(
        { dataCentre, authKey: Buffer.from(login.authKey, "base64") },
        host.signal,
      );
      await link.invoke(new Api.auth.LogOut()).finally(() => link.close());
    } catch (error) {
      // The login is forgotten here all the same; the phone's list of devices may keep it for a while.
      host.logger.warn(`Telegram could not be told of the logout: ${toCrmError(error).message}`);
    }
  }

  #loginMethod(method: string): LoginMethod {
    if (method === "qr") return new QrLogin(this.#services);
    if (method === "bot-token") return new BotTokenLogin(this.#services);
    throw new CrmError(
      "CRM_CHANNEL_LOGIN_METHOD",
      `Telegram accounts log in by ${this.loginMethods.map((name) => `"${name}"`).join(" or ")}, not by "${method}".`,
      { status: 422, details: { method, known: this.loginMethods } },
    );
  }
}

/** The provider with its library. This module is loaded when the first account needs it. */
export function createTelegramProvider(
  services: GivenServices,
  options: TelegramOptions,
  application: Application,
): TelegramProvider {
  const dataCentres = new DataCentres(options.dataCentre);
  return new TelegramProvider(new TelegramServices({ ...services, options, dataCentres, application }));
}
