import { CrmError, toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelCapabilities,
  ChannelHost,
  ChannelProvider,
  LoginFlow,
} from "@crmessenger/kernel/communication";
import { Api } from "telegram";
import { z } from "zod";
import { TelegramChannel } from "./channel.ts";
import { CHANNEL_TYPE } from "./channel-type.ts";
import { BotTokenLogin } from "./login/bot-token-login.ts";
import { QrLogin } from "./login/qr-login.ts";
import { type LoginMethod, TelegramLogin } from "./login/telegram-login.ts";
import type { TelegramServices } from "./telegram-services.ts";

/** Without Telegram Premium: https://limits.tginfo.me. */
const MAX_FILE = { maxBytes: 2_000 * 1024 * 1024 };

const capabilities: ChannelCapabilities = {
  maxTextLength: 4096,
  maxCaptionLength: 1024,
  media: { image: MAX_FILE, video: MAX_FILE, audio: MAX_FILE, voice: MAX_FILE, document: MAX_FILE, sticker: MAX_FILE },
  replies: true,
  deliveryReceipts: false,
  readReceipts: true,
  // Only to people the account has met: it needs their access hash.
  writeFirst: false,
};

/** Telegram accounts, by QR code or as bots. */
export class TelegramProvider implements ChannelProvider {
  readonly type = CHANNEL_TYPE;
  readonly loginMethods = ["qr", "bot-token"];
  readonly settings: ChannelProvider["settings"] = z.strictObject({});
  readonly capabilities = capabilities;
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
