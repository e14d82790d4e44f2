import { CrmError } from "@crmessenger/kernel";
import type { Channel, ChannelHost, ChannelProvider, LoginFlow } from "@crmessenger/kernel/communication";
import type { SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { TemplateNameChannel, type TemplateNameServices } from "./template-name-channel.ts";
import { TemplateNameClient } from "./template-name-client.ts";
import { TokenLogin } from "./token-login.ts";

const MEDIA = { maxBytes: 10 * 1024 * 1024 };

/** What an account's settings hold. The token is a secret, and so not among them. */
const settings = z.strictObject({
  /** Where Template name's API is. */
  baseUrl: z.url({ protocol: /^https?$/ }).default("https://api.template-name.example"),
});

/** Channels of type `template-name`. */
export class TemplateNameProvider implements ChannelProvider {
  readonly type = "template-name";
  readonly loginMethods = ["token"];
  readonly settings = settings as unknown as ChannelProvider["settings"];
  readonly capabilities = {
    maxTextLength: 4_000,
    maxCaptionLength: 1_000,
    media: { image: MEDIA, video: MEDIA, audio: MEDIA, document: MEDIA },
    replies: true,
    deliveryReceipts: true,
    readReceipts: true,
    writeFirst: false,
  };
  readonly #services: TemplateNameServices & { readonly secrets: Secrets };

  constructor(services: TemplateNameServices & { readonly secrets: Secrets }) {
    this.#services = services;
  }

  open(host: ChannelHost): Channel {
    return new TemplateNameChannel(this.#services, {
      host,
      client: async () => {
        const token = await this.#secrets(host).get("token");
        return token && this.#client(host, Buffer.from(token.value).toString("utf8"));
      },
    });
  }

  async login(host: ChannelHost, method: string): Promise<LoginFlow> {
    if (method !== "token") throw unknownMethod(method);
    return new TokenLogin({
      check: (token, signal) => this.#client(host, token).me(signal),
      store: (token) => this.#secrets(host).set("token", Buffer.from(token)),
    });
  }

  async logout(host: ChannelHost): Promise<void> {
    await this.#secrets(host).clear();
  }

  #client(host: ChannelHost, token: string): TemplateNameClient {
    const { baseUrl } = settings.parse(host.account.settings);
    return new TemplateNameClient(this.#services.http, { baseUrl, token });
  }

  #secrets(host: ChannelHost): SecretNamespace {
    return this.#services.secrets.namespace(`template-name/${host.account.id}`);
  }
}

function unknownMethod(method: string): CrmError {
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", `Template name accounts log in by "token", not by "${method}".`, {
    status: 422,
  });
}
