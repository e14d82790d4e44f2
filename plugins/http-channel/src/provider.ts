import { CrmError } from "@crmessenger/kernel";
import type { Channel, ChannelHost, ChannelProvider } from "@crmessenger/kernel/communication";
import type { SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { HttpChannel, type HttpChannelServices } from "./http-channel.ts";
import { SecretLogin } from "./secret-login.ts";
import { type SigningKey, parseSigningKey } from "./signature.ts";

const MEGABYTE = 1024 * 1024;
const MEDIA = { maxBytes: 10 * MEGABYTE };

const settings = z.strictObject({
  outboundUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .refine((url) => !hasCredentials(url), "must not contain credentials: requests are signed")
    .exactOptional(),
});

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
  readonly #connected = new Map<string, HttpChannel>();

  constructor(services: HttpChannelServices & { readonly secrets: Secrets }) {
    this.#services = services;
  }

  /** The connected channel of an account. */
  connected(accountId: string): HttpChannel | undefined {
    return this.#connected.get(accountId);
  }

  open(host: ChannelHost): Channel {
    const { id, settings: given } = host.account;
    const { outboundUrl } = settings.parse(given);
    return new HttpChannel(this.#services, {
      host,
      outboundUrl,
      loadKey: () => this.#loadKey(id),
      connected: this.#connected,
    });
  }

  async login(host: ChannelHost, method: string): Promise<SecretLogin> {
    if (method !== "secret") throw unknownMethod(method);
    const { id } = host.account;
    return new SecretLogin(id, (secret) => this.#secrets(id).set("signing", Buffer.from(secret)));
  }

  async logout(host: ChannelHost): Promise<void> {
    const { id } = host.account;
    await this.#secrets(id).clear();
    this.#connected.delete(id);
  }

  async #loadKey(accountId: string): Promise<SigningKey | undefined> {
    const secret = await this.#secrets(accountId).get("signing");
    return secret && parseSigningKey(Buffer.from(secret.value).toString("utf8"));
  }

  #secrets(accountId: string): SecretNamespace {
    return this.#services.secrets.namespace(`http-channel/${accountId}`);
  }
}

/** Zod asks this of malformed URLs too. */
function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}

function unknownMethod(method: string): CrmError {
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", `HTTP channels log in by "secret", not by "${method}".`, {
    status: 422,
  });
}
