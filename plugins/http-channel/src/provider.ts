import { CrmError } from "@crmessenger/kernel";
import type { Channel, ChannelHost, ChannelProvider } from "@crmessenger/kernel/communication";
import type { Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { HttpChannel, type HttpChannelServices } from "./http-channel.ts";
import { SecretLogin } from "./secret-login.ts";
import { type SigningKey, parseSigningKey } from "./signature.ts";

const MEGABYTE = 1024 * 1024;
const MEDIA = { maxBytes: 10 * MEGABYTE };

const settings = z.strictObject({ outboundUrl: z.url({ protocol: /^https?$/ }).max(2_000).exactOptional() });

/** Channels of type `http`, and which of them are connected here: the route looks them up by account. */
export class HttpChannelProvider implements ChannelProvider {
  readonly type = "http";
  readonly loginMethods = ["secret"];
  readonly settings = settings as unknown as ChannelProvider["settings"];
  readonly capabilities = {
    maxTextLength: 65_536,
    maxCaptionLength: 65_536,
    media: { image: MEDIA, video: MEDIA, audio: MEDIA, voice: MEDIA, document: MEDIA, sticker: MEDIA },
    replies: true,
    deliveryReceipts: true,
    readReceipts: true,
    writeFirst: true,
  };
  readonly #services: HttpChannelServices & { readonly secrets: Secrets };
  readonly #channels = new Map<string, HttpChannel>();

  constructor(services: HttpChannelServices & { readonly secrets: Secrets }) {
    this.#services = services;
  }

  /** The connected channel of an account. */
  connected(accountId: string): HttpChannel | undefined {
    const channel = this.#channels.get(accountId);
    return channel?.key ? channel : undefined;
  }

  open(host: ChannelHost): Channel {
    const { outboundUrl } = settings.parse(host.account.settings);
    const channel = new HttpChannel(this.#services, { host, outboundUrl, loadKey: () => this.#loadKey(host.account.id) });
    this.#channels.set(host.account.id, channel);
    return channel;
  }

  async login(host: ChannelHost, method: string): Promise<SecretLogin> {
    if (method === "secret") return new SecretLogin(host.account.id, (secret) => this.#secrets(host.account.id).set("signing", Buffer.from(secret)));
    throw new CrmError("CRM_CHANNEL_LOGIN_METHOD", `HTTP channels log in by "secret", not by "${method}".`, { status: 422 });
  }

  async logout(host: ChannelHost): Promise<void> {
    await this.#secrets(host.account.id).clear();
    this.#channels.delete(host.account.id);
  }

  async #loadKey(accountId: string): Promise<SigningKey | undefined> {
    const secret = await this.#secrets(accountId).get("signing");
    return secret && parseSigningKey(Buffer.from(secret.value).toString("utf8"));
  }

  #secrets(accountId: string) {
    return this.#services.secrets.namespace(`http-channel/${accountId}`);
  }
}
