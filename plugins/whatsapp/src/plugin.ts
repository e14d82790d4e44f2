import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry, lazyChannelProvider } from "@crmessenger/kernel/communication";
import { Clock, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { whatsAppOptions } from "./options.ts";
import { providerDescription } from "./provider-description.ts";
import { version } from "./version.ts";

/** WhatsApp accounts as a channel, through Baileys. */
export const whatsapp = definePlugin({
  id: "whatsapp",
  version,
  channels: ["whatsapp"],
  deps: { channels: ChannelRegistry, storage: Storage, secrets: Secrets, clock: Clock },
  options: whatsAppOptions,
  permissions: ["communication.message.receive"],
  boot({ channels, ...services }, { options }) {
    const load = async () => (await import("./provider.ts")).createWhatsAppProvider(services, options);
    channels.register(lazyChannelProvider(providerDescription, load));
    return {};
  },
});
