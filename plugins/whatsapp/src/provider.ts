import type { Channel, ChannelHost, ChannelProvider, LoginFlow } from "@crmessenger/kernel/communication";
import { CrmError } from "@crmessenger/kernel";
import { accountSecrets } from "./auth/account-secrets.ts";
import { WhatsAppChannel } from "./channel.ts";
import type { ChannelParts } from "./channel-parts.ts";
import { providerDescription } from "./provider-description.ts";
import { endpointOf } from "./connection/endpoint.ts";
import { mediaSource } from "./inbound/media-source.ts";
import type { WhatsAppOptions } from "./options.ts";
import { QrLogin } from "./login/qr-login.ts";

/** WhatsApp accounts, each run as a linked device of a phone. */
export class WhatsAppProvider implements ChannelProvider {
  readonly type = providerDescription.type;
  readonly capabilities = providerDescription.capabilities;
  readonly settings = providerDescription.settings;
  readonly loginMethods = providerDescription.loginMethods;
  readonly #parts: ChannelParts;
  /** The channel that was opened last for an account: it can log the account out over the connection it has. */
  readonly #channels = new Map<string, WhatsAppChannel>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  open(host: ChannelHost): Channel {
    const channel = new WhatsAppChannel(host, this.#parts);
    this.#channels.set(host.account.id, channel);
    return channel;
  }

  async login(host: ChannelHost, method: string): Promise<LoginFlow> {
    if (method !== "qr") throw unknownMethod(method);
    const { endpoint, secrets, clock } = this.#parts;
    return new QrLogin({ host, endpoint, secrets: accountSecrets(secrets, host.account), clock }).start();
  }

  async logout(host: ChannelHost): Promise<void> {
    const running = this.#channels.get(host.account.id);
    if (running?.state().status === "connected") return running.logout();
    await running?.disconnect();
    const channel = new WhatsAppChannel(host, this.#parts);
    await channel.connect();
    await channel.logout();
  }
}

function unknownMethod(method: string): CrmError {
  const message = `WhatsApp accounts can't log in by "${method}". Known ways: ${providerDescription.loginMethods.join(", ")}.`;
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", message, {
    status: 422,
    details: { method, known: providerDescription.loginMethods },
  });
}

/** The provider with its library. This module is loaded when the first account needs it. */
export function createWhatsAppProvider(
  services: Pick<ChannelParts, "secrets" | "storage" | "clock">,
  options: WhatsAppOptions,
): WhatsAppProvider {
  const endpoint = endpointOf(options);
  const media = mediaSource(endpoint.media?.host, endpoint.media?.agent);
  return new WhatsAppProvider({ ...services, endpoint, media, maxMediaBytes: options.maxMediaBytes });
}
