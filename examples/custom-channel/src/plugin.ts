import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Clock, HttpClient, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { PigeonProvider } from "./pigeon-provider.ts";
import { version } from "./version.ts";

/** Pigeon accounts: customers write there, managers answer from the CRM. */
export const pigeon = definePlugin({
  id: "pigeon",
  version,
  deps: { channels: ChannelRegistry, clock: Clock, http: HttpClient, secrets: Secrets, storage: Storage },
  permissions: ["communication.message.receive"],
  channels: ["pigeon"],
  boot({ channels, ...services }) {
    channels.register(new PigeonProvider(services));
    return {};
  },
});
