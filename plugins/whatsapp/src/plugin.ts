import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Clock, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { endpointOf } from "./connection/endpoint.ts";
import { mediaSource } from "./inbound/media-source.ts";
import { whatsAppOptions } from "./options.ts";
import { WhatsAppProvider } from "./provider.ts";
import { version } from "./version.ts";

/** WhatsApp accounts as a channel, through Baileys. */
export const whatsapp = definePlugin({
  id: "whatsapp",
  version,
  deps: { channels: ChannelRegistry, storage: Storage, secrets: Secrets, clock: Clock },
  options: whatsAppOptions,
  permissions: ["communication.message.receive"],
  boot({ channels, storage, secrets, clock }, { options }) {
    const endpoint = endpointOf(options);
    const media = mediaSource(endpoint.media?.host, endpoint.media?.agent);
    const { maxMediaBytes } = options;
    channels.register(new WhatsAppProvider({ endpoint, secrets, storage, clock, media, maxMediaBytes }));
    return {};
  },
});
